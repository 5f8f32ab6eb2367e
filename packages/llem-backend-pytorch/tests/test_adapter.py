"""LoRA adapters: made here, put on a model, merged into it, refused."""

import json
import shutil

import pytest
import torch
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.adapter_files import AdapterFiles
from llem_backend_pytorch.hub import Listing
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig, LoraConfig, RunSettings

COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
REQUESTS = [GenerationRequest(0, tuple(range(1, 9)))]


@pytest.fixture(scope="module")
def adapter_folder(llama_folder, tmp_path_factory):
    """A LoRA of rank 2 on the queries and values of the Llama, large enough to be heard."""
    return adapter_for(llama_folder, tmp_path_factory.mktemp("adapter"))


def adapter_for(model_folder, into, **changes):
    from peft import LoraConfig as Lora, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(model_folder)
    settings = {"r": 2, "lora_alpha": 64, "target_modules": ["q_proj", "v_proj"], **changes}
    adapted = get_peft_model(model, Lora(task_type="CAUSAL_LM", **settings))
    generator = torch.Generator().manual_seed(1)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            parameter.data = torch.randn(parameter.shape, generator=generator)
    adapted.save_pretrained(into)
    return into


def config_of(model, lora, **changes):
    return ExperimentConfig(
        model=str(model), lora=lora, **{"precision": "fp32", "max_output_tokens": 8, **changes}
    )


def logits_of(backend, config):
    """What the loaded model says to a prompt."""
    with backend.load(config) as loaded, torch.inference_mode():
        return loaded._open_generator().model(torch.tensor([REQUESTS[0].token_ids])).logits


def refused(backend, config):
    with pytest.raises(BackendError) as caught, backend.load(config):
        pass
    assert "\n" not in str(caught.value)
    assert caught.value.cure
    return caught.value


@pytest.fixture(scope="module")
def by_hand(llama_folder, adapter_folder):
    """The logits of the Llama with scale x B A added to its matrices."""
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(llama_folder).eval()
    weights = load_file(adapter_folder / "adapter_model.safetensors")
    prefix = "base_model.model."
    for name, module in model.named_modules():
        a = weights.get(f"{prefix}{name}.lora_A.weight")
        if a is not None:
            module.weight.data += 64 / 2 * weights[f"{prefix}{name}.lora_B.weight"] @ a
    with torch.inference_mode():
        return model(torch.tensor([REQUESTS[0].token_ids])).logits


class TestAdapter:
    @pytest.mark.parametrize("merge", [False, True])
    def test_changes_the_model_by_exactly_its_product(
        self, backend, llama_folder, adapter_folder, by_hand, merge
    ):
        lora = LoraConfig(path=str(adapter_folder), merge_weights=merge)
        adapted = logits_of(backend, config_of(llama_folder, lora))
        bare = logits_of(backend, config_of(llama_folder, None))
        assert torch.allclose(adapted, by_hand, atol=1e-3, rtol=1e-3)
        assert not torch.allclose(adapted, bare, atol=1e-2, rtol=1e-2)

    def test_that_is_not_merged_is_held_beside_the_model_and_one_that_is_merged_is_not(
        self, backend, llama_folder, adapter_folder
    ):
        # queries 32 x 32 and values 32 x 16, at rank 2, in two layers
        added = 2 * (2 * (32 + 32) + 2 * (32 + 16))
        sizes = {}
        for merge in (False, True):
            lora = LoraConfig(path=str(adapter_folder), merge_weights=merge)
            with backend.load(config_of(llama_folder, lora)) as loaded:
                record = loaded.effective_config["lora"]
                assert record["parameters"] == added
                assert (record["rank"], record["alpha"]) == (2, 64)
                assert record["target_modules"] == ("q_proj", "v_proj")
                assert record["merged"] is merge
                assert record["adapter"] == str(adapter_folder)
                assert loaded.shape == backend.plan(config_of(llama_folder, None), ()).shape
                assert loaded.effective_config["model_class"] == "LlamaForCausalLM"
                sizes[merge] = loaded.memory().weights_mib * 2**20
                assert loaded.generate(REQUESTS)[0].output_tokens == 8
        assert sizes[False] - sizes[True] == pytest.approx(4 * added)

    def test_computes_in_the_type_of_the_model(self, backend, llama_folder, adapter_folder):
        lora = LoraConfig(path=str(adapter_folder))
        with backend.load(config_of(llama_folder, lora, precision="bf16")) as loaded:
            model = loaded._open_generator().model
            assert {p.dtype for p in model.parameters()} == {torch.bfloat16}


class TestMisfits:
    def test_an_adapter_for_a_wider_model_is_one_sentence(self, backend, adapter_folder):
        error = refused(backend, config_of("builtin:tiny", LoraConfig(path=str(adapter_folder))))
        assert "does not fit the model 'builtin:tiny'" in str(error)

    def test_an_adapter_for_other_modules_is_one_sentence(
        self, backend, gpt2_folder, adapter_folder
    ):
        error = refused(backend, config_of(gpt2_folder, LoraConfig(path=str(adapter_folder))))
        assert "does not fit" in str(error)

    @pytest.mark.parametrize("layers", [1, 3])
    def test_an_adapter_for_another_number_of_layers_is_not_taken_in_part(
        self, backend, llama_folder, adapter_folder, tmp_path, layers
    ):
        copied = shutil.copytree(llama_folder, tmp_path / "model")
        stated = json.loads((copied / "config.json").read_text())
        stated["num_hidden_layers"] = layers
        (copied / "config.json").write_text(json.dumps(stated))
        config = config_of(
            copied, LoraConfig(path=str(adapter_folder)), pytorch={"load_format": "dummy"}
        )
        assert "is in one of the two alone" in str(refused(backend, config))


class TestRefusals:
    @pytest.mark.parametrize(
        ("lora", "told"),
        [(LoraConfig(), "no adapter"), (LoraConfig(adapter="a", path="b"), "both")],
        ids=["neither", "both"],
    )
    def test_it_is_either_a_hub_id_or_a_folder(self, backend, lora, told):
        config = config_of("builtin:tiny", lora)
        (problem,) = backend.plan(config, ()).problems
        assert problem.code == "setting_conflict"
        assert told in problem.message
        assert str(refused(backend, config)) == problem.message

    def test_without_peft_it_is_told_before_loading(self, adapter_folder):
        backend = PyTorchBackend(RunSettings(), installed=lambda name: name != "peft")
        config = config_of("builtin:tiny", LoraConfig(path=str(adapter_folder)))
        (problem,) = backend.plan(config, ()).problems
        assert problem.code == "missing_library"
        assert problem.cure == "pip install 'llem-backend-pytorch[lora]'"
        assert str(refused(backend, config)) == problem.message

    def test_a_folder_without_an_adapter_is_told_before_loading(self, backend, gpt2_folder):
        config = config_of("builtin:tiny", LoraConfig(path=str(gpt2_folder)))
        (problem,) = backend.plan(config, ()).problems
        assert problem.code == "adapter_not_usable"
        assert "adapter_config.json" in problem.message
        assert str(refused(backend, config)) == problem.message

    def test_a_folder_that_is_not_there_is_named(self, backend):
        (problem,) = backend.plan(config_of("builtin:tiny", LoraConfig(path="none")), ()).problems
        assert "'none'" in problem.message

    @pytest.mark.parametrize("text", ['{"peft_type": "IA3"}', "[]", "{"])
    def test_other_kinds_and_broken_configs_are_told(self, adapter_folder, tmp_path, text):
        copied = shutil.copytree(adapter_folder, tmp_path / "adapter")
        (copied / "adapter_config.json").write_text(text)
        fault = AdapterFiles().fault(copied, "a")
        assert fault is not None
        assert fault.problem.code == "adapter_not_usable"

    def test_a_model_that_is_an_adapter_is_told_where_it_belongs(self, backend, adapter_folder):
        (problem,) = backend.plan(config_of(adapter_folder, None), ()).problems
        assert problem.code == "not_a_model"
        assert "lora.path" in problem.cure


class AdapterHub:
    """Keeps one adapter; everything else is unreachable."""

    def __init__(self, folder, cache):
        self.folder = folder
        self.cache_dir = cache
        self.fetched = []

    def cached(self, model, revision):
        snapshot = self.cache_dir / COMMIT
        return snapshot if snapshot.is_dir() else None

    def listing(self, model, revision):
        if model != "someone/adapter":
            raise ConnectionError("no route")
        sizes = {path.name: path.stat().st_size for path in self.folder.iterdir()}
        return Listing(commit=COMMIT, files=tuple(sizes), sizes=sizes)

    def download(self, model, revision, files, into):
        snapshot = (into or self.cache_dir) / COMMIT
        snapshot.mkdir(parents=True)
        self.fetched += files
        for name in files:
            shutil.copy(self.folder / name, snapshot / name)
        return snapshot


class TestHub:
    def test_the_adapters_commit_is_recorded_and_no_more_is_fetched_than_it_needs(
        self, llama_folder, adapter_folder, tmp_path
    ):
        hub = AdapterHub(adapter_folder, tmp_path / "cache")
        backend = PyTorchBackend(RunSettings(), hub=hub)
        config = config_of(llama_folder, LoraConfig(adapter="someone/adapter"))
        needed = ("adapter_config.json", "adapter_model.safetensors")
        size = sum((adapter_folder / name).stat().st_size for name in needed)
        plan = backend.plan(config, ())
        assert (plan.problems, plan.download_bytes) == ((), size)
        hub.fetched.clear()
        backend.fetch(config)
        assert hub.fetched == list(needed)
        assert backend.plan(config, ()).download_bytes == 0
        with backend.load(config) as loaded:
            assert loaded.effective_config["lora"]["commit"] == COMMIT
            assert loaded.effective_config["lora"]["adapter"] == "someone/adapter"
            assert loaded.commit is None

    def test_an_adapter_that_cannot_be_had_is_told_as_one(self, llama_folder, tmp_path):
        backend = PyTorchBackend(
            RunSettings(), hub=AdapterHub(tmp_path, tmp_path), sleep=lambda _seconds: None
        )
        config = config_of(llama_folder, LoraConfig(adapter="someone/other"))
        (problem,) = backend.plan(config, ()).problems
        assert problem.code == "model_not_cached"
        assert "the adapter 'someone/other'" in problem.message
