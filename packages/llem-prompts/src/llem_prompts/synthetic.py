"""The source `synthetic`: prompts of exactly the asked length."""

from collections.abc import Iterator
from typing import Final

from llem_contracts import Problem, Prompt, PromptSet, PromptSource, Tokenizer
from llem_schema import DatasetConfig, PromptProvenance, RunSettings

from llem_prompts.descriptors import SYNTHETIC
from llem_prompts.exact_length import Encode, exact_text
from llem_prompts.options import refuse_other_options
from llem_prompts.texts import DatasetError, texts_sha256
from llem_prompts.words import words_of

DEFAULT_INPUT_TOKENS: Final = 512

SYNTHETIC_REVISION: Final = "1"
"""Changes whenever a seed gives other texts: figures compare within a revision only."""

_JOINTS: Final = (" ", ", ", ". ", "; ", ": ", "\n", "? ", "! ")
"""What may stand between a shared prefix and what is a prompt's own."""
_MOST_MISSES = 16
"""Attempts without any text of the length, after which there is none."""
_MOST_ATTEMPTS = 400
"""Attempts that give nothing new, after which there is nothing new."""


class SyntheticPrompts:
    """Prompts of `input_tokens` tokens each, of common English words.

    The length is that of what the model is fed, special tokens included, and exact: text and
    tokens belong together. All prompts differ. Prompt `i` depends on the seed, on `i` and on the
    tokenizer, and not on how many are drawn. With `shared_prefix`, the first so many tokens are
    those of every prompt, and the next one is not.
    """

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        """Another dataset's name, a key that does not apply, or a prefix as long as the prompt.

        What a tokenizer cannot do shows only when drawing.
        """
        try:
            _checked(dataset)
        except DatasetError as error:
            return (error.problem,)
        return ()

    def fetch(self, dataset: DatasetConfig) -> None:
        """Nothing: the prompts are made on the spot."""

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        """The length of every prompt."""
        return dataset.input_tokens or DEFAULT_INPUT_TOKENS

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        """`n` different prompts.

        Raises `DatasetError`, a `ConfigError`, for what `problems` tells of, for a length that
        special tokens alone take up, and for one that the tokenizer never or not often enough
        gives.
        """
        _checked(dataset)
        length = dataset.input_tokens or DEFAULT_INPUT_TOKENS
        prefix = _prefix(dataset.shared_prefix or 0, length, random_seed, tokenizer.encode)
        prompts = _prompts(n, length, prefix, random_seed, tokenizer.encode)
        return PromptSet(
            prompts=tuple(prompts),
            provenance=PromptProvenance(
                source="synthetic",
                name="synthetic",
                revision=SYNTHETIC_REVISION,
                sha256=texts_sha256([prompt.text for prompt in prompts]),
                available=None,
                repeated=False,
            ),
        )


def synthetic_prompts(_settings: RunSettings) -> PromptSource:
    """The factory behind the entry point; nothing in the settings bears on it."""
    return SyntheticPrompts()


def _checked(dataset: DatasetConfig) -> None:
    if dataset.source != "synthetic":
        raise DatasetError(
            "dataset_not_found",
            f"there is no synthetic dataset {dataset.source!r}",
            cure="Use `dataset: synthetic`.",
        )
    refuse_other_options(dataset, SYNTHETIC.options, "synthetic prompts")
    length = dataset.input_tokens or DEFAULT_INPUT_TOKENS
    if dataset.shared_prefix is not None and dataset.shared_prefix >= length:
        raise DatasetError(
            "shared_prefix_too_long",
            f"a shared prefix of {dataset.shared_prefix} tokens leaves prompts of {length} "
            "nothing of their own",
            cure=f"Set dataset.shared_prefix to less than {length}, or dataset.input_tokens to "
            "more.",
        )


def _prefix(shared: int, length: int, random_seed: int, encode: Encode) -> Prompt:
    """The beginning of all prompts. `shared`: its tokens, leading special ones included."""
    added = encode("")
    if length <= len(added):
        raise DatasetError(
            "synthetic_too_short",
            f"synthetic prompts cannot be {length} tokens long, because this model's tokenizer "
            f"adds {len(added)} special tokens to every prompt",
            cure=f"Set dataset.input_tokens to {len(added) + 1} or more.",
        )
    leading = _leading(added, encode)
    if shared <= leading:
        return Prompt(text="", token_ids=tuple(added[:shared]))
    for attempt in range(_MOST_MISSES):
        words = words_of(random_seed, "prefix", attempt)
        prefix = exact_text("", "", shared + len(added) - leading, words, encode)
        if prefix is not None:
            return Prompt(text=prefix.text, token_ids=prefix.token_ids[:shared])
    raise _impossible(shared, "a shared prefix")


def _leading(added: list[int], encode: Encode) -> int:
    """How many of the special tokens stand before the text."""
    probes = [encode(word) for word in ("the", "of")]
    alike = 0
    while alike < len(added) and all(p[alike : alike + 1] == [added[alike]] for p in probes):
        alike += 1
    return alike


def _prompts(n: int, length: int, prefix: Prompt, random_seed: int, encode: Encode) -> list[Prompt]:
    """Each is the first of its candidates that none of those before it equals."""
    prompts: list[Prompt] = []
    seen: set[tuple[int, ...]] = set()
    while len(prompts) < n:
        for prompt in _candidates(len(prompts), length, prefix, random_seed, encode):
            if prompt.token_ids not in seen and _parts_behind(prefix, prompt, prompts):
                break
        else:
            raise DatasetError(
                "synthetic_not_distinct",
                f"only {len(prompts)} different prompts of {length} tokens were found for this "
                f"model's tokenizer, and n is {n}",
                cure=f"Set n to {len(prompts)} or less, or dataset.input_tokens to more.",
            )
        prompts.append(prompt)
        seen.add(prompt.token_ids)
    return prompts


def _candidates(
    index: int, length: int, prefix: Prompt, random_seed: int, encode: Encode
) -> Iterator[Prompt]:
    """Prompts of the length that begin with the prefix, for the place `index`."""
    found = False
    for attempt in range(_MOST_ATTEMPTS):
        joint = _JOINTS[(index + attempt) % len(_JOINTS)] if prefix.text else ""
        words = words_of(random_seed, index, attempt)
        prompt = exact_text(prefix.text, joint, length, words, encode)
        shared = len(prefix.token_ids)
        if prompt is not None and prompt.token_ids[:shared] == prefix.token_ids:
            found = True
            yield prompt
        if not found and attempt + 1 == _MOST_MISSES:
            raise _impossible(length, "a prompt")


def _parts_behind(prefix: Prompt, prompt: Prompt, before: list[Prompt]) -> bool:
    """Whether the second prompt parts from the first where the prefix ends, and not later."""
    end = len(prefix.token_ids)
    if not prefix.text or len(before) != 1:
        return True
    return prompt.token_ids[end] != before[0].token_ids[end]


def _impossible(length: int, what: str) -> DatasetError:
    return DatasetError(
        "synthetic_length_impossible",
        f"no text was found that this model's tokenizer turns into {what} of exactly "
        f"{length} tokens",
        cure="Take another length, or prompts that are not synthetic.",
    )
