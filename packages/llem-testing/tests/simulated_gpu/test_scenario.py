from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    SENSOR_CLASSES,
    Bursts,
    ConstantPower,
    EnergyCounter,
    Fault,
    Gpu,
    GpuProcess,
    MigDevice,
    Phase,
    Phases,
    PiecewisePower,
    PowerSensor,
    Ramp,
    Scenario,
    SquareWave,
    Throttle,
    Timeline,
    always,
    read_scenario,
    write_scenario,
)
from pydantic import ValidationError


class TestScenarioDocument:
    def test_it_comes_back_from_a_file_as_it_was(
        self, tmp_path: Path, gpu: Callable[..., Gpu]
    ) -> None:
        power = Phases(
            phases=(
                Phase(duration_s=1.0, power=ConstantPower(power_w=60.5)),
                Phase(duration_s=2.0, power=SquareWave(low_w=1.0, high_w=2.0, period_s=0.1)),
                Phase(duration_s=2.0, power=Ramp(from_w=1.0, to_w=2.0, start_s=0.5, end_s=1.0)),
                Phase(duration_s=1.0, power=Bursts(base_w=1.0, burst_w=2.0, spans_s=((0.1, 0.2),))),
            ),
            then=PiecewisePower(points=((0.0, 1.0), (0.5, 2.0)), repeat_every_s=0.6),
        )
        mig = MigDevice(
            uuid="MIG-1", name="1g", gpu_instance_id=1, compute_instance_id=0, memory_total_mib=9
        )
        gpus = tuple(
            gpu(
                uuid=f"GPU-{name}",
                pci_bus_id=f"00000000:{number:02X}:00.0",
                power=power,
                sensors=sensors,
                mig_mode=number == 0,
                mig_devices=(mig,) if number == 0 else (),
                temperature_c=Timeline(steps=((0.0, 30), (1.5, 50))),
                throttling=(Throttle(reason="gpu_idle", spans_s=((0.0, 1.0),)),),
                processes=(GpuProcess(pid=4, memory_mib=None, end_s=3.0),),
            )
            for number, (name, sensors) in enumerate(SENSOR_CLASSES.items())
        )
        faults = (Fault(error="timeout", device="MIG-1", start_s=1.0),)
        scenario = Scenario(gpus=gpus, faults=faults, driver_reloads_s=(3.0,), seed=9, start_ns=4)
        write_scenario(scenario, tmp_path / "scenario.json")
        assert read_scenario(tmp_path / "scenario.json") == scenario

    def test_it_can_start_now(self, gpu: Callable[..., Gpu]) -> None:
        clock = FakeClock(monotonic_ns=123, wall_ns=456)
        scenario = Scenario(gpus=(gpu(),), seed=3).starting(clock)
        assert (scenario.start_ns, scenario.wall_start_ns, scenario.seed) == (123, 456, 3)

    def test_a_plain_number_is_a_timeline(self) -> None:
        assert Timeline.model_validate(40) == always(40)


class TestScenariosThatCannotBe:
    @pytest.mark.parametrize(
        ("kind", "fields", "why"),
        [
            (SquareWave, {"low_w": 1.0, "high_w": 2.0, "period_s": 0.1, "phase_s": 0.1}, "phase_s"),
            (SquareWave, {"low_w": 1.0, "high_w": 2.0, "period_s": 1e-9}, "nanosecond"),
            (Ramp, {"from_w": 1.0, "to_w": 2.0, "start_s": 1.0, "end_s": 1.0}, "after start_s"),
            (
                Bursts,
                {"base_w": 1.0, "burst_w": 2.0, "spans_s": ((0.0, 2.0), (1.0, 3.0))},
                "overlap",
            ),
            (PiecewisePower, {"points": ((1.0, 1.0),)}, "begin at 0"),
            (PiecewisePower, {"points": ((0.0, 1.0), (2.0, 1.0), (1.0, 1.0))}, "in order"),
            (PiecewisePower, {"points": ((0.0, 1.0), (2.0, 1.0)), "repeat_every_s": 1.0}, "before"),
            (ConstantPower, {"power_w": -1.0}, "greater than or equal to 0"),
            (PowerSensor, {"update_period_s": 0.1, "phase_s": 0.1}, "phase_s"),
            (EnergyCounter, {"update_period_s": 0.1, "jitter_s": 0.2}, "jitter_s"),
            (Timeline, {"steps": ((1.0, 3),)}, "begin at 0"),
            (Timeline, {"steps": ((0.0, 3), (0.0, 4))}, "in order"),
            (Throttle, {"reason": "gpu_idle", "spans_s": ((2.0, 1.0),)}, "in order"),
        ],
    )
    def test_the_reason_is_told(
        self, kind: Callable[..., object], fields: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(ValidationError, match=why):
            kind(**fields)

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"processes": (GpuProcess(pid=1, memory_mib=1, mig_uuid="MIG-9"),)}, "MIG-9"),
            ({"throttling": (Throttle(reason="gpu_idle", spans_s=()),) * 2}, "once"),
            ({"pci_bus_id": "01:00.0"}, "pattern"),
            ({"uuid": "a"}, "pattern"),
        ],
    )
    def test_a_board_must_be_consistent(
        self, gpu: Callable[..., Gpu], changes: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(ValidationError, match=why):
            gpu(**changes)

    def test_mig_devices_need_the_mode(self, gpu: Callable[..., Gpu]) -> None:
        mig = MigDevice(
            uuid="MIG-1", name="1g", gpu_instance_id=1, compute_instance_id=0, memory_total_mib=9
        )
        with pytest.raises(ValidationError, match="need mig_mode"):
            gpu(mig_devices=(mig,))

    @pytest.mark.parametrize(
        ("second", "why"),
        [
            ({"pci_bus_id": "00000000:02:00.0"}, "two devices have the UUID GPU-a"),
            ({"uuid": "GPU-b"}, "two devices have the PCI bus id 00000000:01:00.0"),
        ],
    )
    def test_boards_must_differ(
        self, gpu: Callable[..., Gpu], second: dict[str, Any], why: str
    ) -> None:
        with pytest.raises(ValidationError, match=why):
            Scenario(gpus=(gpu(), gpu(**second)))
