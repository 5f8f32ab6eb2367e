"""The order of the steps: what is idle is idle, and what is timed is done (CM-15, CM-17)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llem_harness import run
from llem_schema import ExperimentConfig, WorkOrder
from llem_testing import ScriptedBackend, ScriptedModel

from .orders import changed

SETTLING_S = 0.25


class SettlingModel(ScriptedModel):
    """Work is in flight until `synchronize` has waited for it."""

    def __init__(self, backend: "SettlingBackend", config: ExperimentConfig) -> None:
        super().__init__(backend, config)
        self._settling = backend

    def synchronize(self) -> None:
        super().synchronize()
        self._settling.clock.sleep(SETTLING_S)
        self._settling.settled_ns.append(self._settling.clock.monotonic_ns())


class SettlingBackend(ScriptedBackend):
    """Gives models that settle, and keeps the instants at which they had."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.settled_ns: list[int] = []

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config):
            yield SettlingModel(self, config)


class TestSynchronisation:
    def test_a_window_opens_and_closes_when_nothing_is_in_flight(
        self, world: Any, order: WorkOrder
    ) -> None:
        backend = SettlingBackend(world.clock, world.load)
        world.with_ports(backend=backend)
        result = run(changed(order, warmup={"n_warmup": 0, "thermal": "off"}), world.ports)
        assert result.window.start_ns == backend.settled_ns[0]
        assert result.window.end_ns == backend.settled_ns[-1]
        assert len(backend.settled_ns) == 1 + result.passes

    def test_a_warmup_run_is_timed_until_nothing_is_in_flight(
        self, world: Any, order: WorkOrder
    ) -> None:
        plain = run(order, world.ports).warmup_result.latencies_ms
        world.with_ports(backend=SettlingBackend(world.clock, world.load))
        settling = run(order, world.ports).warmup_result.latencies_ms
        assert settling[0] == plain[0] + SETTLING_S * 1e3


class TestBaseline:
    def test_it_is_over_before_the_model_loads(self, world: Any, order: WorkOrder) -> None:
        run(order, world.ports)
        steps = world.types()
        assert steps.index("phase_finished baseline") < steps.index("phase_started load")

    def test_it_lasts_as_long_as_asked_and_says_what_it_rests_on(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(changed(order, baseline={"duration_seconds": 7.0}), world.ports)
        assert result.energy_breakdown is not None
        record = result.energy_breakdown.baseline
        assert record is not None
        assert (record.kind, record.source) == ("bare", "measured")
        assert (record.duration_s, record.power_w, record.std_w) == (7.0, 40.0, 0.0)
        assert record.samples == 71
        assert record.power_per_device_w == {"host": 40.0}
        assert result.started_at <= record.measured_at <= result.ended_at


class TestMethodology:
    def test_the_whole_window_counts_and_the_result_says_so(
        self, world: Any, order: WorkOrder
    ) -> None:
        result = run(order, world.ports)
        assert result.measurement_methodology == "total"
        assert result.steady_state_window is None
        assert "methodology is total" in result.not_measured["steady_state_window"].reason
