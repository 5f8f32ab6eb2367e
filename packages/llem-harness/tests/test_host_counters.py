"""Runs whose host is read by the real meter, from a simulated folder of counters in real time."""

from pathlib import Path
from typing import Any

import pytest
from llem_contracts import SystemClock
from llem_energy.descriptors import RAPL_METER
from llem_energy.rapl_meter import RaplMeter
from llem_harness import run
from llem_schema import WorkOrder, unexplained
from llem_testing import (
    SCRIPTED_METER,
    ScriptedBackend,
    ScriptedDevices,
    ScriptedMeter,
    Watts,
    example_accelerator,
    example_host,
    meter_candidate,
)
from llem_testing.simulated_powercap import INTEL, SimulatedPowercap

from .orders import changed, in_memory

GPU = example_accelerator()
HOST_W = 80.0


def machine(make_world: Any, folder: Path, *, on_gpu: bool) -> Any:
    """A machine with a GPU, whose host draws 80 W."""
    clock = SystemClock()
    powercap = SimulatedPowercap(folder, clock, INTEL, HOST_W)
    rapl = meter_candidate(RaplMeter(powercap.clock, powercap=powercap.root), RAPL_METER)
    gpus = meter_candidate(ScriptedMeter(clock, {GPU.uuid: Watts(50.0, 50.0)}), SCRIPTED_METER)
    backend = (
        ScriptedBackend(clock, logical_devices=["cuda:0"], uuids=[GPU.uuid])
        if on_gpu
        else ScriptedBackend(clock)
    )
    return make_world().with_ports(
        backend=backend,
        devices=ScriptedDevices([example_host(), GPU]),
        meters=(gpus if on_gpu else rapl,),
        host_meters=(rapl,),
        clock=clock,
    )


@pytest.fixture
def short(order: WorkOrder) -> WorkOrder:
    return in_memory(
        changed(
            order,
            n=2,
            energy={"meter": "auto"},
            warmup={"n_warmup": 0, "thermal": "off"},
            baseline={"enabled": False},
            min_window_s=0.3,
        )
    )


class TestRunOnAGpu:
    def test_has_packages_and_memory_of_the_host_beside(
        self, make_world: Any, short: WorkOrder, tmp_path: Path
    ) -> None:
        result = run(short, machine(make_world, tmp_path / "sys", on_gpu=True).ports)
        host = result.meter.host
        assert host is not None
        assert (host.name, host.method, host.scope) == ("rapl", "rapl", "package+dram")
        true_j = HOST_W * result.window_duration_s
        assert result.energy_host_j == pytest.approx(true_j, abs=host.uncertainty_j)
        assert set(host.parts_j) == {"package-0", "dram-0", "package-1", "dram-1"}
        assert sum(host.parts_j.values()) == pytest.approx(result.energy_host_j)
        assert result.energy_total_j == pytest.approx(50.0 * result.window_duration_s)
        assert unexplained(result) == ()


class TestRunOnTheCpu:
    def test_has_the_host_for_its_total(
        self, make_world: Any, short: WorkOrder, tmp_path: Path
    ) -> None:
        result = run(short, machine(make_world, tmp_path / "sys", on_gpu=False).ports)
        assert result.meter.name == "rapl"
        assert result.energy_total_j == result.energy_host_j is not None
        true_j = HOST_W * result.window_duration_s
        assert result.energy_total_j == pytest.approx(true_j, abs=result.energy_uncertainty_j)
        assert result.energy_per_device_j == {"host": result.energy_total_j}
        assert result.meter.host is not None
        assert result.meter.host.parts_j["package-0"] == pytest.approx(
            0.5 * result.energy_total_j, rel=0.1
        )
        assert unexplained(result) == ()
