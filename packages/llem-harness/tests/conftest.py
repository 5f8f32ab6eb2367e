"""Ports of doubles: a scripted backend and meter on a clock that does not make anybody wait."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import Event, MeterDescriptor, Problem, Prompt, PromptSet, Tokenizer
from llem_flops import PalmCounter
from llem_harness import Ports
from llem_schema import DatasetConfig, PromptProvenance, WorkOrder
from llem_store import FolderStore
from llem_testing import (
    SCRIPTED_BACKEND,
    SCRIPTED_METER,
    FakeClock,
    Load,
    ScriptedBackend,
    ScriptedDevices,
    ScriptedMeter,
    Watts,
    example_host,
    example_order,
    meter_candidate,
)

from .machines import bare_machine


class NumberedPrompts:
    """Prompts of rising length, of which any number can be had."""

    def __init__(self, *problems: Problem) -> None:
        self._problems = problems

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        return self._problems

    def fetch(self, dataset: DatasetConfig) -> None:
        pass

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        return dataset.input_tokens

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        texts = ["x" * (index + 1) for index in range(n)]
        return PromptSet(
            tuple(Prompt(text, tuple(tokenizer.encode(text))) for text in texts),
            PromptProvenance(
                source="numbered",
                name="numbered",
                revision=None,
                sha256="0" * 64,
                available=n,
                repeated=False,
            ),
        )


@dataclass
class World:
    """Everything around one run, and what it was told."""

    clock: FakeClock
    load: Load
    backend: ScriptedBackend
    meter: ScriptedMeter
    ports: Ports
    events: list[Event] = field(default_factory=list)

    def with_ports(self, **changes: Any) -> "World":
        self.ports = replace(self.ports, **changes)
        return self

    def types(self) -> list[str]:
        """The events' types and phases, in order."""
        return [" ".join([e.type, getattr(e, "phase", "")]).strip() for e in self.events]


MakeWorld = Callable[..., World]


@pytest.fixture
def make_world() -> MakeWorld:
    """Build a world: `watts` of the host, a descriptor of its meter, options of its backend."""

    def make(
        *,
        watts: Watts | None = None,
        descriptor: MeterDescriptor = SCRIPTED_METER,
        meter_options: dict[str, Any] | None = None,
        tick_ns: int = 0,
        **backend_options: Any,
    ) -> World:
        clock, load = FakeClock(tick_ns=tick_ns), Load()
        watts = watts or Watts(idle=40.0, busy=100.0, temperature_c=50.0)
        meter = ScriptedMeter(clock, {"host": watts}, load, **(meter_options or {}))
        backend = ScriptedBackend(clock, load, **backend_options)
        events: list[Event] = []
        ports = Ports(
            backend=backend,
            backend_descriptor=SCRIPTED_BACKEND,
            backend_version="0.1.0",
            devices=ScriptedDevices([example_host()]),
            meters=(meter_candidate(meter, descriptor),),
            prompts=NumberedPrompts(),
            flops=PalmCounter(),
            store=FolderStore(),
            clock=clock,
            listener=events.append,
            sources=bare_machine(),
        )
        return World(clock, load, backend, meter, ports, events)

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A world with a meter that reads the host."""
    return make_world()


@pytest.fixture
def order(tmp_path: Path) -> WorkOrder:
    """An order that saves, names the scripted meter and takes no more time than it must."""
    return example_order(
        tmp_path / "results",
        energy={"meter": "scripted"},
        warmup={"n_warmup": 2, "thermal": "off"},
        baseline={"duration_seconds": 5.0},
        min_window_s=1.0,
    )
