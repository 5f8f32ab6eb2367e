"""Dummy weights for a model whose config is at hand."""

import json
import shutil

import pytest
import torch
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.checkpoint_folder import Checkpoint
from llem_backend_pytorch.dummy_weights import dummy_weights
from llem_backend_pytorch.meta_model import meta_model
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig, PyTorchConfig, RunSettings

REQUESTS = [GenerationRequest(0, (1, 2, 3))]


def config_of(model, **changes):
    return ExperimentConfig(
        model=str(model),
        **{
            "precision": "fp32",
            "max_output_tokens": 4,
            "pytorch": PyTorchConfig(load_format="dummy"),
            **changes,
        },
    )


def only(folder, into, *names):
    """A folder that holds these files of another one, and no weights."""
    into.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(folder / name, into / name)
    return into


@pytest.fixture
def bare(llama_folder, tmp_path):
    """A config and nothing else."""
    return only(llama_folder, tmp_path / "bare", "config.json")


class TestFolder:
    def test_without_weights_loads_with_the_shape_of_its_config(self, backend, bare, llama_folder):
        plan = backend.plan(config_of(bare), ())
        assert (plan.problems, plan.dummy_weights, plan.download_bytes) == ((), True, 0)
        assert plan.shape == backend.plan(config_of(llama_folder), ()).shape
        with backend.load(config_of(bare)) as loaded:
            assert loaded.shape == plan.shape
            assert loaded.effective_config["load_format"] == "dummy"
            assert loaded.effective_config["model_class"] == "LlamaForCausalLM"
            assert loaded.generate(REQUESTS)[0].output_tokens == 4

    def test_is_refused_where_the_weights_are_asked_for(self, backend, bare):
        (problem,) = backend.plan(config_of(bare, pytorch=None), ()).problems
        assert problem.code == "no_weights"
        assert "pytorch.load_format to dummy" in problem.cure

    def test_gets_the_weights_that_every_machine_makes(self, backend, bare):
        with backend.load(config_of(bare)) as loaded:
            held = dict(loaded._open_generator().model.named_parameters())
            expected = dummy_weights((name, tensor) for name, tensor in held.items())
            assert all(torch.equal(held[name], expected[name]) for name in held)

    def test_with_weights_leaves_them_alone(self, backend, bare, llama_folder, tmp_path):
        broken = shutil.copytree(llama_folder, tmp_path / "broken")
        (broken / "model.safetensors").write_bytes(b"broken")
        with backend.load(config_of(broken)) as loaded:
            assert loaded.effective_config["tokenizer"] == "own"

    def test_tells_what_its_generation_config_would_have_set(self, backend, llama_folder, tmp_path):
        names = ("config.json", "generation_config.json")
        folder = only(llama_folder, tmp_path / "some", *names)
        with backend.load(config_of(folder)) as loaded:
            replaced = loaded.effective_config["repository_generation_replaced"]
        assert replaced["temperature"] == {"repository": 0.6, "used": None}
        assert replaced["do_sample"] == {"repository": True, "used": False}


class TestTokenizer:
    def test_that_is_missing_is_replaced_by_one_token_per_byte_and_recorded(self, backend, bare):
        with backend.load(config_of(bare)) as loaded:
            assert loaded.tokenizer.encode("Hé") == [39, 127, 102]
            assert loaded.effective_config["tokenizer"] == "bytes"

    def test_that_is_missing_is_a_problem_where_the_vocabulary_is_smaller_than_a_byte(
        self, backend, bare
    ):
        stated = json.loads((bare / "config.json").read_text())
        small = {**stated, "vocab_size": 257, "pad_token_id": None}
        (bare / "config.json").write_text(json.dumps(small))
        (problem,) = backend.plan(config_of(bare), ()).problems
        assert problem.code == "no_tokenizer"
        assert "257" in problem.message
        with pytest.raises(BackendError, match="257"), backend.load(config_of(bare)):
            pass

    def test_whose_padding_token_is_beyond_the_vocabulary_pads_with_another(
        self, backend, gpt2_folder, tmp_path
    ):
        folder = shutil.copytree(gpt2_folder, tmp_path / "model")
        stated = json.loads((folder / "config.json").read_text())
        small = {**stated, "vocab_size": 257, "pad_token_id": None}
        (folder / "config.json").write_text(json.dumps(small))
        ragged = (GenerationRequest(0, (1, 2, 3)), GenerationRequest(1, (1,)))
        config = config_of(folder, pytorch=PyTorchConfig(load_format="dummy", batch_size=2))
        with backend.load(config) as loaded:
            assert loaded.effective_config["tokenizer"] == "own"
            assert [done.padded_tokens for done in loaded.generate(ragged)] == [0, 2]


class TestRepository:
    names = (
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "modeling_x.py",
    )

    def test_gives_config_and_tokenizer_and_no_weights(self):
        assert Checkpoint(weights=False).needed(self.names) == (
            "config.json",
            "generation_config.json",
            "tokenizer.json",
        )

    def test_gives_its_code_where_that_is_asked_for(self):
        assert "modeling_x.py" in Checkpoint(code=True).needed(self.names)
        assert Checkpoint(code=True).read_by_plan(self.names) == ("config.json", "modeling_x.py")


class TestTypes:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
    def test_hold_the_same_numbers(self, dtype):
        from transformers import GPT2Config

        model = meta_model(GPT2Config(n_embd=8, n_layer=1, n_head=1, vocab_size=9), None)
        wide = dummy_weights(model.named_parameters())
        made = dummy_weights(model.named_parameters(), dtype)
        assert {tensor.dtype for tensor in made.values()} == {dtype}
        assert all(torch.equal(made[name].float(), wide[name]) for name in wide)

    def test_in_which_a_model_runs_are_those_it_is_made_in(self, bare):
        backend = PyTorchBackend(RunSettings())
        with backend.load(config_of(bare, precision="bf16")) as loaded:
            assert loaded.effective_config["dtype"] == "bfloat16"
