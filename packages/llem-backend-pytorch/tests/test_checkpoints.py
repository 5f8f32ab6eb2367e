"""Checkpoints of every kind: each loads, or is refused in one sentence that says why."""

import json
import shutil

import pytest
import torch
from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_backend_pytorch.checkpoint_folder import Checkpoint
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig
from safetensors.torch import load_file, save_file

NAME = "model.safetensors"


def config_of(model, **changes):
    settings = {"precision": "fp32", "max_output_tokens": 4, **changes}
    return ExperimentConfig(model=str(model), **settings)


def loads(backend, folder, **changes):
    """What a checkpoint that can be used was loaded as."""
    config = config_of(folder, **changes)
    plan = backend.plan(config, ())
    assert plan.problems == ()
    with backend.load(config) as loaded:
        assert loaded.shape == plan.shape
        (done,) = loaded.generate([GenerationRequest(0, (1, 2, 3))])
        assert done.output_tokens == 4
        return loaded.effective_config


def refused(backend, folder, planned=True):
    """The sentence of a refusal, which a plan says as well where it can know."""
    config = config_of(folder)
    with pytest.raises(BackendError) as caught, backend.load(config):
        pass
    told = str(caught.value)
    assert "\n" not in told
    assert caught.value.cure
    assert [problem.message for problem in backend.plan(config, ()).problems] == [told] * planned
    return told


def restate(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.fixture
def copied(llama_folder, tmp_path):
    return shutil.copytree(llama_folder, tmp_path / "model")


@pytest.fixture
def sharded(copied):
    """The same checkpoint in two files and an index."""
    weights = load_file(copied / NAME)
    (copied / NAME).unlink()
    shards = {}
    for number, names in enumerate((sorted(weights)[:5], sorted(weights)[5:]), start=1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({name: weights[name] for name in names}, copied / file, {"format": "pt"})
        shards.update(dict.fromkeys(names, file))
    index = {"metadata": {}, "weight_map": shards}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    return copied


def pickled(folder, weights):
    (folder / NAME).unlink(missing_ok=True)
    torch.save(weights, folder / "pytorch_model.bin")
    return folder


class TestWeights:
    def test_in_shards_load(self, backend, sharded):
        assert loads(backend, sharded)["model_class"] == "LlamaForCausalLM"

    def test_that_are_pickled_load(self, backend, copied):
        loads(backend, pickled(copied, load_file(copied / NAME)))

    def test_of_another_precision_are_converted(self, backend, copied):
        half = {name: tensor.half() for name, tensor in load_file(copied / NAME).items()}
        save_file(half, copied / NAME, {"format": "pt"})
        assert loads(backend, copied, precision="bf16")["dtype"] == "bfloat16"

    def test_that_are_tied_are_read_once(self, backend, copied):
        weights = load_file(copied / NAME)
        del weights["lm_head.weight"]
        save_file(weights, copied / NAME, {"format": "pt"})
        restate(copied, tie_word_embeddings=True)
        assert loads(backend, copied)["model_class"] == "LlamaForCausalLM"

    def test_that_stand_for_something_else_are_not_taken_for_numbers(self, backend, copied):
        packed = {name: tensor.to(torch.int8) for name, tensor in load_file(copied / NAME).items()}
        save_file(packed, copied / NAME, {"format": "pt"})
        assert "as I8, and its config.json does not say how it was quantised" in refused(
            backend, copied
        )

    def test_beside_masks_and_counters_of_whole_numbers_load(self, backend, copied):
        weights = load_file(copied / NAME)
        weights["model.layers.0.self_attn.bias"] = torch.ones(4, 4, dtype=torch.uint8)
        save_file(weights, copied / NAME, {"format": "pt"})
        loads(backend, copied)

    def test_of_another_shape_are_named_with_both_shapes(self, backend, copied):
        restate(copied, intermediate_size=48)
        told = refused(backend, copied, planned=False)
        assert "has the shape [32, 64] and its config makes [32, 48]" in told

    def test_that_were_quantised_before_have_the_parameters_of_the_model(self, backend, copied):
        whole = backend.plan(config_of(copied), ()).shape
        restate(copied, quantization_config={"quant_method": "gptq", "bits": 4, "group_size": 128})
        assert backend.plan(config_of(copied), ()).shape == whole

    def test_that_the_model_has_no_place_for_are_counted(self, backend, copied):
        assert loads(backend, copied)["unused_weights"] == 0
        restate(copied, num_hidden_layers=1)
        layer = [name for name in load_file(copied / NAME) if name.startswith("model.layers.1.")]
        assert loads(backend, copied)["unused_weights"] == len(layer)

    def test_that_need_a_library_of_their_own_name_it(self, backend, copied):
        restate(copied, quantization_config={"quant_method": "bitsandbytes", "load_in_4bit": True})
        assert "bitsandbytes" in refused(backend, copied, planned=False)


class TestBrokenFiles:
    def test_that_are_cut_short_are_told_with_both_sizes(self, backend, copied):
        data = (copied / NAME).read_bytes()
        (copied / NAME).write_bytes(data[: len(data) // 2])
        told = refused(backend, copied)
        assert f"holds {len(data) // 2:,} bytes of {len(data):,}" in told

    @pytest.mark.parametrize(
        "data", [b"", b"\x05", b"\x01" * 100, b"\x02" + bytes(7) + b"[]"], ids=str
    )
    def test_that_are_no_safetensors_are_named(self, backend, copied, data):
        (copied / NAME).write_bytes(data)
        assert f"{NAME} of '{copied}' is no safetensors file" in refused(backend, copied)

    def test_among_shards_are_named(self, backend, sharded):
        broken = sharded / "model-00002-of-00002.safetensors"
        broken.write_bytes(broken.read_bytes()[:50])
        told = refused(backend, sharded)
        assert "model-00002-of-00002.safetensors" in told
        assert "00001" not in told

    def test_that_are_missing_shards_are_named(self, backend, sharded):
        (sharded / "model-00001-of-00002.safetensors").unlink()
        assert "lacks the weights model-00001-of-00002.safetensors" in refused(backend, sharded)

    @pytest.mark.parametrize("text", ["{", "[]", '{"weight_map": 3}'])
    def test_of_an_index_that_says_nothing_are_told(self, backend, sharded, text):
        (sharded / "model.safetensors.index.json").write_text(text)
        assert "model.safetensors.index.json" in refused(backend, sharded)

    def test_that_are_pickled_are_told_as_such(self, backend, copied):
        pickled(copied, {})
        (copied / "pytorch_model.bin").write_bytes(b"\x80junk")
        assert "pickled weights" in refused(backend, copied, planned=False)

    def test_that_are_pickled_never_run_what_they_hold(self, backend, copied, tmp_path):
        class Harmful:
            def __reduce__(self):
                return (open, (str(tmp_path / "ran"), "w"))

        pickled(copied, {"a": Harmful()})
        assert "hold more than tensors" in refused(backend, copied, planned=False)
        assert not (tmp_path / "ran").exists()


class TestEndTokens:
    @pytest.mark.parametrize("file", ["config.json", "generation_config.json"])
    @pytest.mark.parametrize("stated", [50256, [256, 50256]], ids=["one", "several"])
    def test_beyond_the_vocabulary_are_refused(self, backend, copied, file, stated):
        (copied / "generation_config.json").unlink()
        before = json.loads((copied / "config.json").read_text())
        text = json.dumps({**(before if file == "config.json" else {}), "eos_token_id": stated})
        (copied / file).write_text(text)
        told = refused(backend, copied)
        assert told.endswith("ends its texts with token 50256, and its vocabulary has 258 tokens")

    def test_of_the_generation_config_go_before_those_of_the_model(self, backend, copied):
        restate(copied, eos_token_id=50256)
        loads(backend, copied)

    @pytest.mark.parametrize("text", ["[]", "{", '{"eos_token_id": "x"}'])
    def test_that_are_not_stated_are_no_fault_of_theirs(self, backend, copied, text):
        (copied / "generation_config.json").write_text(text)
        assert backend.plan(config_of(copied), ()).problems == ()


class TestArchitectures:
    def test_with_images_and_a_text_model_of_their_own_are_refused(self, backend, tmp_path):
        stated = {"model_type": "llava", "architectures": ["LlavaForConditionalGeneration"]}
        (tmp_path / "config.json").write_text(json.dumps(stated))
        (tmp_path / NAME).write_bytes(b"")
        byte_tokenizer().save_pretrained(tmp_path)
        assert "no causal language model" in refused(backend, tmp_path)

    def test_with_recurrent_layers_load(self, backend, tmp_path):
        from transformers import MambaConfig, MambaForCausalLM

        config = MambaConfig(vocab_size=258, hidden_size=32, num_hidden_layers=1, state_size=4)
        MambaForCausalLM(config).save_pretrained(tmp_path)
        byte_tokenizer().save_pretrained(tmp_path)
        assert loads(backend, tmp_path)["model_class"] == "MambaForCausalLM"


class TestWithoutATokenizer:
    def test_weights_are_refused(self, backend, copied):
        for path in copied.glob("*token*"):
            path.unlink()
        assert "holds no tokenizer" in refused(backend, copied)

    def test_what_is_no_language_model_is_told_as_that(self, backend, tmp_path):
        from transformers import ViTConfig, ViTForImageClassification

        sizes = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8}
        config = ViTConfig(num_hidden_layers=1, **sizes)
        ViTForImageClassification(config).save_pretrained(tmp_path)
        assert "no causal language model" in refused(backend, tmp_path)


class TestRepository:
    def test_without_weights_is_told_by_its_files(self):
        fault = Checkpoint().listing_fault(("config.json", "tokenizer.json", "a.gguf"), "m")
        assert fault is not None
        assert fault.problem.code == "no_weights"
        assert Checkpoint(weights=False).listing_fault(("config.json",), "m") is None

    def test_without_a_tokenizer_is_not_whole(self, copied):
        assert Checkpoint().whole(copied)
        for path in copied.glob("*token*"):
            path.unlink()
        assert not Checkpoint().whole(copied)
