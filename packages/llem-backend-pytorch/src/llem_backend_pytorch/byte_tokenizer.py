"""The tokenizer of the built-in models: one token per byte."""

from typing import Any

END_ID = 256
PAD_ID = 257


def byte_tokenizer() -> Any:
    """A `PreTrainedTokenizerFast` over the 256 bytes, with an end and a padding token after them.

    It is a byte-level BPE without merges over the sorted byte alphabet, so every text has as many
    tokens as UTF-8 bytes. Ids beyond `PAD_ID` decode to nothing.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(
        models.BPE(vocab={character: i for i, character in enumerate(alphabet)}, merges=[])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        padding_side="left",
        eos_token="<|end|>",
        pad_token="<|pad|>",
        # A text that spells a token out is text.
        split_special_tokens=True,
    )
