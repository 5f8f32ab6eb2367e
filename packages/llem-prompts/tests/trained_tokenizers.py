"""Tokenizers of the common kinds, trained on the built-in prompts."""

from collections.abc import Callable, Sequence

from llem_prompts import builtin_set
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

_BYTES = pre_tokenizers.ByteLevel.alphabet()


class Trained:
    """A tokenizer of the library, as the contract asks for it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text).ids)

    def decode(self, token_ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(token_ids)))


def byte_level_bpe() -> Trained:
    """Like GPT-2: words with their space in front, no special tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return _trained(tokenizer, trainers.BpeTrainer(vocab_size=1200, initial_alphabet=_BYTES))


def bytes_alone() -> Trained:
    """A token for a byte, with nothing merged."""
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(sorted(_BYTES))}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return Trained(tokenizer)


def unigram() -> Trained:
    """Like T5: pieces with a mark for the space, also before the first; ends in </s>."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained = _trained(
        tokenizer,
        trainers.UnigramTrainer(
            vocab_size=1000, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>"
        ),
    )
    _adds(tokenizer, "$A </s>")
    return trained


def sentencepiece_bpe() -> Trained:
    """Like Llama 2: spaces are marked before merging, nothing is split, begins with <s>."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained = _trained(
        tokenizer, trainers.BpeTrainer(vocab_size=1200, special_tokens=["<unk>", "<s>", "</s>"])
    )
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    _adds(tokenizer, "<s> $A")
    return trained


def word_pieces() -> Trained:
    """Like BERT: lower case, words split from within, something at both ends."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trained = _trained(
        tokenizer,
        trainers.WordPieceTrainer(vocab_size=1000, special_tokens=["<unk>", "<s>", "</s>"]),
    )
    _adds(tokenizer, "<s> $A </s>")
    return trained


class Chat(Trained):
    """Puts a text into the form of a chat, as a chat template does: much before it and behind."""

    def encode(self, text: str) -> list[int]:
        return super().encode(f"<|user|>\n{text}<|end|>\n<|assistant|>\n")


def chat() -> Trained:
    """A token for a byte of the chat."""
    return Chat(bytes_alone()._tokenizer)


KINDS: dict[str, tuple[Callable[[], Trained], int, int]] = {
    "byte-level-bpe": (byte_level_bpe, 0, 1),
    "bytes": (bytes_alone, 0, 1),
    "unigram": (unigram, 1, 1),
    "sentencepiece-bpe": (sentencepiece_bpe, 1, 1),
    "chat": (chat, len("<|user|>\n<|end|>\n<|assistant|>\n"), 1),
    "word-pieces": (word_pieces, 2, 1),
}
"""By name: how it is made, special tokens that it adds, and the fewest that a text adds to them."""


def _trained(tokenizer: Tokenizer, trainer: object) -> Trained:
    texts = [prompt.text for prompt in builtin_set()]
    tokenizer.train_from_iterator(texts, trainer)
    return Trained(tokenizer)


def _adds(tokenizer: Tokenizer, template: str) -> None:
    special = [(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=special
    )
