"""The installed command in a folder of its own, and a checkpoint to give it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from llem_testing.process import Command, isolated


@pytest.fixture
def llem(tmp_path: Path) -> Iterator[Command]:
    """The installed command, in an empty folder."""
    with isolated(tmp_path) as command:
        yield command


@pytest.fixture(scope="module")
def shared_llem(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """The command in a folder that the tests of a module share."""
    with isolated(tmp_path_factory.mktemp("shared")) as command:
        yield command


@pytest.fixture(scope="session")
def gpt2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of GPT-2's architecture, small, as transformers saves it."""
    # Here, not above: only the tests that ask for a checkpoint pay for the import.
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("checkpoint") / "my-gpt2"
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {character: index for index, character in enumerate([*alphabet, "<|end|>"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>").save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(vocabulary),
        n_embd=32,
        n_layer=2,
        n_head=2,
        n_positions=4096,
        bos_token_id=len(alphabet),
        eos_token_id=len(alphabet),
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder
