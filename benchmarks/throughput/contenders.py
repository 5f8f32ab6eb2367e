"""What runs against each other: a plain loop, and llem's backend with everything switched on.

Both use one model in memory, so that its place there favours neither. The plain loop's inputs lie
ready on the device; it calls `generate` with the same settings and does nothing else. llem's half
is what the harness does in its window: a window of the meter, one pass over the requests, a time
for every step, synchronised on both sides.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llem_backend_pytorch import PyTorchBackend
from llem_contracts import (
    DEVICES,
    GeneratedRequest,
    GenerationRequest,
    LoadedModel,
    MeterSession,
    SystemClock,
    choose_meter,
    create,
    installed,
    meter_candidates,
)
from llem_harness.passes import repeat_passes
from llem_schema import ExperimentConfig, RunSettings

PAD_ID = 257
SETTINGS = RunSettings()


@dataclass(frozen=True)
class Shape:
    """A model, and how much of it one piece of work is."""

    model: str
    label: str
    least: float
    """Bound on the share of the plain loop's throughput."""
    prompt_tokens: int
    output_tokens: int
    shorter: tuple[tuple[int, int], ...]
    """Batch sizes, and by how much prompts and outputs are shorter, so that a round stays short."""


TINY = Shape("builtin:tiny", "tiny, 0.5 M", 0.97, 32, 64, ((1, 1), (8, 1), (32, 1)))
GPT2 = Shape("builtin:gpt2", "gpt2, 124 M", 0.99, 16, 16, ((1, 1), (8, 2), (32, 4)))
SHAPES = {"tiny": TINY, "gpt2": GPT2}


def config_of(
    shape: Shape, batch_size: int, output_tokens: int, **changes: Any
) -> ExperimentConfig:
    section = {"batch_size": batch_size} | changes.pop("pytorch", {})
    return ExperimentConfig(
        model=shape.model,
        precision="fp32",
        max_output_tokens=output_tokens,
        pytorch=section,
        **changes,
    )


def prompts(lengths: Sequence[int]) -> list[GenerationRequest]:
    """Prompts of so many tokens, each of its own."""
    return [
        GenerationRequest(index, tuple((7 * index + 3 * k) % 250 for k in range(length)))
        for index, length in enumerate(lengths)
    ]


@contextmanager
def loaded(config: ExperimentConfig) -> Iterator[LoadedModel]:
    with PyTorchBackend(SETTINGS).load(config) as model:
        yield model


@contextmanager
def metered(uuids: Sequence[str]) -> Iterator[tuple[str, MeterSession]]:
    """A session of the meter that a run would choose; the estimate where no sensor can be read."""
    devices = [facts for facts in _visible() if facts.uuid in uuids]
    for name in ("auto", "estimate"):
        choice = choose_meter(name, meter_candidates(name, SETTINGS), devices)
        if choice is not None and choice.meter is not None and choice.descriptor.senses:
            session = choice.meter.open(tuple(uuids), None)
            try:
                yield choice.name, session
            finally:
                session.close()
            return
    raise RuntimeError("there is no meter for " + ", ".join(uuids))


def _visible() -> list[Any]:
    sources = [create(p.descriptor, SETTINGS) for p in installed(DEVICES) if p.descriptor]
    return [facts for source in sources for facts in source.visible()]


def plain_loop(
    model: LoadedModel, requests: Sequence[GenerationRequest], output_tokens: int
) -> Callable[[], None]:
    """`generate` over one rectangle of prompts, as one would write it by hand."""
    import torch
    from transformers import GenerationConfig

    generator = model._generator  # type: ignore[attr-defined]
    engine, device = generator.model, generator.device
    token_ids = torch.tensor([request.token_ids for request in requests], device=device)
    mask = torch.ones_like(token_ids)
    settings = GenerationConfig(
        max_new_tokens=output_tokens,
        min_new_tokens=output_tokens,
        do_sample=False,
        pad_token_id=PAD_ID,
    )

    def run() -> None:
        with torch.inference_mode():
            engine.generate(token_ids, attention_mask=mask, generation_config=settings).cpu()

    return run


def llem_pass(
    model: LoadedModel, requests: Sequence[GenerationRequest], session: MeterSession
) -> Callable[[], tuple[GeneratedRequest, ...]]:
    """One pass in a window, as the harness measures it; its reading is asked for elsewhere."""
    clock = SystemClock()

    def run() -> tuple[GeneratedRequest, ...]:
        model.synchronize()
        window = session.begin("measured")
        (done,) = repeat_passes(
            model, requests, clock, lambda done, total: None, start_ns=window.start_ns, min_s=0.0
        )
        window.end()
        return done

    return run
