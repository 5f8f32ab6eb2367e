"""What a device still has in its queue belongs to the window in which it was queued (CM-15)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from llem_contracts import GeneratedRequest, GenerationRequest
from llem_harness import run
from llem_schema import ExperimentConfig, ExperimentResult, WorkOrder
from llem_testing import ScriptedBackend, ScriptedModel

TAIL_S = 0.7
"""What each call of `generate` leaves in the queue."""
RESET_S = 0.3


class QueueingBackend(ScriptedBackend):
    """`generate` returns while the device still works; `synchronize` waits until it is done."""

    queued_s = 0.0
    reset_ns = 0
    """When the peak of the memory was reset, just before the window."""

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator["QueueingModel"]:
        with super().load(config):
            yield QueueingModel(self, config)

    def work_off(self) -> None:
        with self.load_record.busy(self.clock):
            self.clock.sleep(self.queued_s)
        self.queued_s = 0.0


class QueueingModel(ScriptedModel):
    def __init__(self, backend: QueueingBackend, config: ExperimentConfig) -> None:
        super().__init__(backend, config)
        self._device = backend

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        **options: Any,
    ) -> tuple[GeneratedRequest, ...]:
        generated = super().generate(requests, progress, **options)
        self._device.queued_s += TAIL_S
        return generated

    def reset_peak_memory(self) -> None:
        super().reset_peak_memory()
        self._device.reset_ns = self._device.clock.monotonic_ns()
        self._device.queued_s += RESET_S

    def synchronize(self) -> None:
        super().synchronize()
        self._device.work_off()


@dataclass(frozen=True)
class Measured:
    """A run, and the device it was on."""

    result: ExperimentResult
    backend: QueueingBackend

    @property
    def work_s(self) -> float:
        """What the passes of the window have taken, with what they left in the queue."""
        config, backend = self.result.config, self.backend
        batch_s = backend.prefill_s + config.max_output_tokens * backend.step_s
        return self.result.passes * (config.n / backend.batch_size * batch_s + TAIL_S)


@pytest.fixture
def measured(make_world: Any, order: WorkOrder) -> Measured:
    """A run on a device with a queue, which draws 100 W at work."""
    world = make_world()
    backend = QueueingBackend(world.clock, world.load)
    return Measured(run(order, world.with_ports(backend=backend).ports), backend)


class TestWindow:
    def test_begins_when_the_queue_is_empty(self, measured: Measured) -> None:
        emptied_ns = measured.backend.reset_ns + round(RESET_S * 1e9)
        assert measured.result.window.start_ns == emptied_ns

    def test_ends_when_the_queue_is_empty(self, measured: Measured) -> None:
        assert measured.result.passes > 1
        assert measured.result.window_duration_s == pytest.approx(measured.work_s)

    def test_holds_the_energy_of_what_was_queued(self, measured: Measured) -> None:
        assert measured.result.energy_total_j == pytest.approx(100.0 * measured.work_s)
