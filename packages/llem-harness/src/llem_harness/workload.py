"""Prompts become requests: drawn and tokenised once, cut where the config says so."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from llem_contracts import GenerationRequest, PromptSource, Tokenizer
from llem_schema import (
    ExperimentConfig,
    NotMeasured,
    PromptProvenance,
    PromptsRecord,
    TokenLengths,
)
from llem_stats import quantile

_PROVENANCE_GAPS: Mapping[str, str] = {
    "revision": "the prompts come from a source without versions",
    "available": "any number of prompts can be had from the source",
    "repository": "the prompts do not come from the hub",
    "split": "the prompts do not come from the hub",
    "column": "the source has no columns, or the prompts stood in several",
}


@dataclass(frozen=True)
class Workload:
    """The requests of one pass."""

    requests: tuple[GenerationRequest, ...]
    record: PromptsRecord


def warmup_order(
    batches: Sequence[tuple[GenerationRequest, ...]],
) -> list[tuple[GenerationRequest, ...]]:
    """The batches of a pass in the order in which they warm up: of each number of requests first
    the batch with the longest prompt, the longest of all before the others, then the rest. So the
    largest shape is paid for whatever the number of runs, and a smaller last batch in the second.
    """
    left = sorted(batches, key=_longest_prompt, reverse=True)
    first = {len(batch): batch for batch in reversed(left)}
    ahead = sorted(first.values(), key=_longest_prompt, reverse=True)
    others = [batch for batch in batches if not any(batch is other for other in ahead)]
    return [*ahead, *others]


def warmup_runs(
    batches: Sequence[tuple[GenerationRequest, ...]], replicas: int
) -> list[tuple[GenerationRequest, ...]]:
    """What each run computes: one batch of every copy of the model, each in its own order.

    Batch b of a pass is the work of copy `b % replicas`, in a warm-up as in the window, so that
    every copy is warmed with the shapes that it will be measured with.
    """
    orders = [warmup_order(batches[copy::replicas]) for copy in range(min(replicas, len(batches)))]
    return [
        tuple(chain.from_iterable(order[run % len(order)] for order in orders))
        for run in range(max(map(len, orders)))
    ]


def draw_workload(
    config: ExperimentConfig,
    source: PromptSource,
    tokenizer: Tokenizer,
    max_sequence_tokens: int | None,
) -> Workload:
    """Draw `n` prompts and cut each to `max_input_tokens`, and to what the model has room for."""
    drawn = source.draw(config.dataset_config, config.n, config.random_seed, tokenizer)
    room = max_sequence_tokens - config.max_output_tokens if max_sequence_tokens else None
    limits = [limit for limit in (config.max_input_tokens, room) if limit is not None]
    limit = min(limits, default=None)
    requests = tuple(
        GenerationRequest(index=index, token_ids=prompt.token_ids[:limit])
        for index, prompt in enumerate(drawn.prompts)
    )
    truncated = sum(
        len(prompt.token_ids) > len(request.token_ids)
        for prompt, request in zip(drawn.prompts, requests, strict=True)
    )
    return Workload(
        requests,
        PromptsRecord(
            provenance=drawn.provenance,
            n=len(requests),
            truncated=truncated,
            input_tokens=_lengths([len(request.token_ids) for request in requests]),
        ),
    )


def provenance_gaps(provenance: PromptProvenance) -> dict[str, NotMeasured]:
    """Why parts of a provenance are None."""
    return {
        f"prompts.provenance.{name}": NotMeasured(code="not_applicable", reason=reason)
        for name, reason in _PROVENANCE_GAPS.items()
        if getattr(provenance, name) is None
    }


def _longest_prompt(batch: Sequence[GenerationRequest]) -> int:
    return max(len(request.token_ids) for request in batch)


def _lengths(lengths: Sequence[int]) -> TokenLengths:
    return TokenLengths(
        minimum=min(lengths),
        mean=statistics.fmean(lengths),
        p05=quantile(lengths, 5),
        p25=quantile(lengths, 25),
        p50=quantile(lengths, 50),
        p75=quantile(lengths, 75),
        p95=quantile(lengths, 95),
        maximum=max(lengths),
    )
