"""Checkpoint folders as transformers saves them, and a backend that speaks to no network."""

import gc
from pathlib import Path

import pytest
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_backend_pytorch.dummy_weights import dummy_weights
from llem_backend_pytorch.hub import Listing
from llem_schema import RunSettings


class NoHub:
    """A hub behind a cut cable, with an empty cache."""

    cache_dir = Path("/nowhere")

    def cached(self, model: str, revision: str | None) -> Path | None:
        return None

    def listing(self, model: str, revision: str | None) -> Listing:
        raise ConnectionError("no route to host")

    def download(
        self, model: str, revision: str | None, files: tuple[str, ...], into: Path | None
    ) -> Path:
        raise ConnectionError("no route to host")


@pytest.fixture(scope="session", autouse=True)
def libraries_out_of_the_way():
    """Loading and unloading collect garbage, which need not look through the libraries each time:
    they are larger than every model here."""
    import transformers

    for name in ("AutoModelForCausalLM", "AutoTokenizer", "GPT2LMHeadModel", "LlamaForCausalLM"):
        getattr(transformers, name)
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def backend() -> PyTorchBackend:
    return PyTorchBackend(RunSettings(), hub=NoHub(), sleep=lambda _seconds: None)


@pytest.fixture(scope="session")
def gpt2_model():
    """GPT-2 in two layers, with weights of its own."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=258,
        n_positions=64,
        n_embd=32,
        n_layer=2,
        n_head=2,
        bos_token_id=None,
        eos_token_id=256,
        pad_token_id=257,
    )
    return _filled(GPT2LMHeadModel(config))


@pytest.fixture(scope="session")
def gpt2_folder(gpt2_model, tmp_path_factory) -> Path:
    return _saved(gpt2_model, tmp_path_factory.mktemp("gpt2"))


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory) -> Path:
    """A Llama whose repository asks for sampling, in ways that change every output."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=258,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=None,
        eos_token_id=256,
        pad_token_id=257,
    )
    model = _filled(LlamaForCausalLM(config))
    generation = model.generation_config
    generation.do_sample = True
    generation.temperature = 0.6
    generation.top_p = 0.9
    generation.repetition_penalty = 1.7
    generation.max_length = 5
    return _saved(model, tmp_path_factory.mktemp("llama"))


def _filled(model):
    model.load_state_dict(dummy_weights(model.named_parameters()), strict=False)
    return model.eval()


def _saved(model, folder: Path) -> Path:
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder
