"""The ways of batching and caching beside the default, on even and on ragged work.

Even: prompts of one length and outputs of one length. Ragged: prompts of 4 to 64 tokens, and
outputs that end by themselves. Random weights do not end a text, so a token is made the end of text
that plain decoding gives these prompts at instants as different as can be.
"""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from contenders import Shape, config_of, llem_pass, loaded, metered, prompts
from llem_contracts import GenerationRequest
from paired import alternate, interval

BATCH_SIZE = 4
REQUESTS = 8
BASE = "default"
VARIANTS: dict[str, dict[str, Any]] = {
    BASE: {},
    "length buckets": {"batching": "length_buckets"},
    "static cache": {"cache_implementation": "static"},
    "static cache, compiled": {"torch_compile": True, "torch_compile_mode": "default"},
    "continuous": {"batching": "continuous"},
}
RAGGED_LENGTHS = tuple(4 * 2 ** (index % 5) for index in range(REQUESTS))
Work = Literal["even", "ragged"]
WORKS: tuple[Work, ...] = ("even", "ragged")


@dataclass(frozen=True)
class Compared:
    """A variant beside the default, on one kind of work."""

    shape: str
    work: Work
    variant: str
    useful_tokens: int
    padded_tokens: int
    discarded_tokens: int
    tokens_per_s: float
    median: float
    interval: tuple[float, float]
    rounds: int

    @property
    def verdict(self) -> str:
        if self.variant == BASE:
            return "-"
        low, high = self.interval
        return "faster" if low > 1 else "slower" if high < 1 else "not told apart"


def compare(shape: Shape, work: Work, seconds: float) -> list[Compared]:
    output_tokens = 2 * shape.output_tokens if work == "ragged" else shape.output_tokens
    lengths = RAGGED_LENGTHS if work == "ragged" else (shape.prompt_tokens,) * REQUESTS
    requests = prompts(lengths)
    ends: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    if work == "ragged":
        ends = {"model_kwargs": {"eos_token_id": ragged_end(shape, requests, output_tokens)}}
        changes = {"output_length": "natural"}
    with ExitStack() as stack:
        passes = {}
        for name, section in VARIANTS.items():
            config = config_of(shape, BATCH_SIZE, output_tokens, pytorch=section | ends, **changes)
            model = stack.enter_context(loaded(config))
            _, session = stack.enter_context(metered(model.devices))
            passes[name] = llem_pass(model, requests, session)
        counted = {name: run() for name, run in passes.items()}
        rounds = alternate(passes, seconds)
    return [
        Compared(
            shape=shape.label,
            work=work,
            variant=name,
            useful_tokens=sum(request.output_tokens for request in done),
            padded_tokens=sum(request.padded_tokens for request in done),
            discarded_tokens=sum(request.discarded_tokens for request in done),
            tokens_per_s=sum(r.output_tokens for r in done) / rounds.median(name),
            median=statistics.median(rounds.ratios(name, BASE)),
            interval=interval(rounds.ratios(name, BASE)),
            rounds=len(rounds.seconds[name]),
        )
        for name, done in counted.items()
    ]


def ragged_end(shape: Shape, requests: Sequence[GenerationRequest], most: int) -> int:
    """The token whose first appearances differ most between the requests' continuations."""
    import torch
    from transformers import GenerationConfig

    settings = GenerationConfig(max_new_tokens=most, do_sample=False, pad_token_id=257)
    rows = []
    with loaded(config_of(shape, 1, most)) as model, torch.inference_mode():
        generator = model._generator  # type: ignore[attr-defined]
        for request in requests:
            ids = torch.tensor([request.token_ids], device=generator.device)
            output = generator.model.generate(
                ids, attention_mask=torch.ones_like(ids), generation_config=settings
            )
            rows.append(output[0, ids.shape[1] :].tolist())

    def spread(token: int) -> float:
        return statistics.pstdev(row.index(token) if token in row else most for row in rows)

    return max(sorted({token for row in rows for token in row}), key=spread)
