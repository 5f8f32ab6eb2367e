"""`llem run` on GPUs in software: the real NVML meter against an energy that is known."""

import platform
import time
from dataclasses import dataclass

import pytest
from llem_schema import ExperimentResult, none_paths, unexplained
from llem_store import load_result
from llem_testing.process import SHORT_RUN, Command
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    SCENARIO_VARIABLE,
    ConstantPower,
    Gpu,
    GpuProcess,
    Scenario,
    SquareWave,
    Throttle,
    Truth,
    write_scenario,
)

from .side_plugin import install_backend

METERED = "GPU-metered"
TICK_S = 0.1
"""Update period of the energy counter."""
HIGHEST_W = 420.0

PACED = f"""
def create(settings):
    return ScriptedBackend(
        SystemClock(), logical_devices=("cuda:0",), uuids=({METERED!r},), step_s=0.02
    )
"""


@dataclass(frozen=True)
class Ran:
    """A run, and the machine that it ran on."""

    result: ExperimentResult
    truth: Truth


@pytest.fixture(scope="module")
def ran(shared_llem: Command) -> Ran:
    """A window of two seconds on a board whose power goes up and down."""
    machine = shared_llem.folder / "machine.json"
    idle = Gpu(
        uuid="GPU-other",
        pci_bus_id="00000000:81:00.0",
        power=ConstantPower(power_w=55.0),
        sensors=CONTINUOUS_COUNTER,
    )
    metered = Gpu(
        uuid=METERED,
        pci_bus_id="00000000:01:00.0",
        power=SquareWave(low_w=90.0, high_w=HIGHEST_W, period_s=0.83),
        sensors=CONTINUOUS_COUNTER,
        processes=(GpuProcess(pid=1, memory_mib=2048),),
        throttling=(Throttle(reason="sw_power_cap", spans_s=((0.0, 1e6),)),),
    )
    scenario = Scenario(gpus=(idle, metered), start_ns=time.monotonic_ns())
    write_scenario(scenario, machine)
    done = shared_llem(
        *("run", "--model", "any", "--backend", "paced", "--precision", "fp32", "-n", "4"),
        *SHORT_RUN,
        "--set=min_window_s=2.0",
        env={
            "OMP_NUM_THREADS": "1",
            **install_backend(shared_llem.folder / "plugins", "paced", PACED),
            "LLEM_NVML_BINDING": "llem_testing.simulated_gpu.binding:BINDING",
            SCENARIO_VARIABLE: str(machine),
        },
    )
    assert done.code == 0, done.stderr
    (folder,) = shared_llem.run_folders()
    return Ran(load_result(folder).result, Truth(scenario))


class TestEnergy:
    def test_is_the_true_one_within_a_tick_of_the_counter_at_each_end(self, ran: Ran) -> None:
        window = ran.result.window
        true_j = ran.truth.energy_j(METERED, window.start_ns, window.end_ns)
        assert ran.result.energy_total_j == pytest.approx(true_j, abs=2 * TICK_S * HIGHEST_W)

    def test_is_off_by_no_more_than_its_uncertainty(self, ran: Ran) -> None:
        window = ran.result.window
        true_j = ran.truth.energy_j(METERED, window.start_ns, window.end_ns)
        assert ran.result.energy_uncertainty_j is not None
        assert ran.result.energy_total_j == pytest.approx(
            true_j, abs=ran.result.energy_uncertainty_j
        )

    def test_is_that_of_the_device_that_the_backend_used(self, ran: Ran) -> None:
        assert set(ran.result.energy_per_device_j or {}) == {METERED}

    def test_says_that_its_device_is_simulated(self, ran: Ran) -> None:
        assert ran.result.meter.name == "nvml"
        assert "simulated_device" in ran.result.meter.flags
        assert "simulated_device" in {w.code for w in ran.result.measurement_warnings}


class TestResult:
    def test_has_no_none_without_a_reason(self, ran: Ran) -> None:
        assert unexplained(ran.result) == ()

    def test_has_no_reason_for_what_is_there(self, ran: Ran) -> None:
        assert set(ran.result.not_measured) == set(none_paths(ran.result))

    def test_has_the_surroundings_of_the_process_that_measured(self, ran: Ran) -> None:
        seen = ran.result.environment_snapshot
        assert seen.variables["OMP_NUM_THREADS"] == "1"
        assert seen.kernel == platform.release()
        assert seen.cpu.memory_limit_mib is not None

    def test_has_a_window_of_prefill_alone_after_the_measured_one(self, ran: Ran) -> None:
        assert ran.result.energy_breakdown is not None
        phases = ran.result.energy_breakdown.phases
        assert phases is not None
        assert phases.start_ns > ran.result.window.end_ns
        true_j = ran.truth.energy_j(METERED, phases.start_ns, phases.end_ns)
        assert phases.window_energy_j == pytest.approx(true_j, abs=2 * TICK_S * HIGHEST_W)


class TestSharedDevice:
    def test_is_warned_of_before_the_run_and_after_it(self, ran: Ran) -> None:
        warnings = {w.code: w.message for w in ran.result.measurement_warnings}
        assert "pid 1 with 2,048 MiB" in warnings["device_in_use"]
        assert METERED in warnings["shared_device"]


class TestThrottling:
    def test_is_told_with_its_reason_and_its_share_of_the_window(self, ran: Ran) -> None:
        told = ran.result.throttling
        assert told is not None
        assert (told.reasons, told.source) == (("sw_power_cap",), "counters")
        assert told.throttled_share == pytest.approx(1.0, abs=0.01)
        assert [device.uuid for device in told.devices] == [METERED]
        assert "throttled" in {w.code for w in ran.result.measurement_warnings}
