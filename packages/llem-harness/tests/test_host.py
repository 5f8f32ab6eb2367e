"""The host's energy beside the accelerators', and as the total of a run on the CPU (CM-11)."""

from dataclasses import replace
from typing import Any

import pytest
from llem_contracts import NO_PERMISSION, LlemError, Problem
from llem_harness import run
from llem_schema import WorkOrder, unexplained
from llem_store import load_result
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

from .orders import changed, only_folder

GPU = example_accelerator()
OF_GPUS = replace(SCRIPTED_METER, name="of-gpus", device_kinds=frozenset({"accelerator"}))
OF_HOSTS = replace(SCRIPTED_METER, name="of-hosts", device_kinds=frozenset({"host"}), rank=11)
BLIND = replace(SCRIPTED_METER, name="blind", rank=100, senses=False)
FORBIDDEN = Problem(code=NO_PERMISSION, message="only root may read it", cure="Run `chmod a+r`.")


def on_gpu(make_world: Any, **host_options: Any) -> Any:
    """A run on a GPU at 300 W, in a host at 80 W which a meter of its own reads."""
    world = make_world(logical_devices=["cuda:0"], uuids=[GPU.uuid])
    gpus = ScriptedMeter(world.clock, {GPU.uuid: Watts(50.0, 300.0)}, world.load)
    world.host = ScriptedMeter(
        world.clock, {"host": Watts(30.0, 80.0)}, world.load, gain=0.05, **host_options
    )
    blind = ScriptedMeter(world.clock, {"host": Watts(0.0, 0.0)}, failure="nothing is read")
    return world.with_ports(
        devices=ScriptedDevices([example_host(), GPU]),
        meters=(meter_candidate(gpus, OF_GPUS),),
        host_meters=(
            meter_candidate(blind, BLIND),
            meter_candidate(gpus, replace(OF_GPUS, rank=1)),
            meter_candidate(world.host, OF_HOSTS, version="3.2"),
        ),
    )


class TestRunOnAGpu:
    def test_has_the_hosts_energy_beside_the_total(self, make_world: Any, order: WorkOrder) -> None:
        world = on_gpu(make_world)
        result = run(order, world.ports)
        seconds = result.window_duration_s
        assert result.energy_total_j == pytest.approx(300.0 * seconds)
        assert result.energy_per_device_j == {GPU.uuid: result.energy_total_j}
        assert result.energy_host_j == pytest.approx(80.0 * seconds)
        assert unexplained(result) == ()

    def test_says_how_the_host_was_read(self, make_world: Any, order: WorkOrder) -> None:
        result = run(order, on_gpu(make_world).ports)
        host = result.meter.host
        assert host is not None
        assert (host.name, host.version, host.method) == ("of-hosts", "3.2", "scripted")
        assert host.uncertainty_j == pytest.approx(2 * 0.05 * result.energy_host_j)
        assert host.terms["gain"] == pytest.approx(0.05 * result.energy_host_j)
        assert any("of-hosts 3.2" in note for note in result.reproducibility_notes)

    def test_keeps_the_samples_of_both_in_order_of_time(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        run(order, on_gpu(make_world).ports)
        series = load_result(only_folder(order)).timeseries()
        assert series is not None
        rows = series.to_pylist()
        times = [row["monotonic_ns"] for row in rows]
        assert times == sorted(times)
        of_gpu = [row["monotonic_ns"] for row in rows if row["device"] == GPU.uuid]
        of_host = [row["monotonic_ns"] for row in rows if row["device"] == "host"]
        assert len(of_gpu) == len(set(of_gpu)) > 50
        assert of_host == of_gpu

    def test_counts_the_samples_of_its_own_devices_alone(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        result = run(order, on_gpu(make_world).ports)
        expected = result.window_duration_s / 0.1
        assert result.meter.samples == pytest.approx(expected, abs=1.0)

    def test_leaves_baseline_and_heat_to_its_own_devices(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        result = run(order, on_gpu(make_world).ports)
        assert result.baseline_power_w == pytest.approx(50.0)

    def test_closes_both_meters(self, make_world: Any, order: WorkOrder) -> None:
        world = on_gpu(make_world)
        run(order, world.ports)
        (session,) = world.host.sessions
        assert session.closed


class TestHostThatCannotBeRead:
    def reason(self, world: Any, order: WorkOrder, code: str = "no_sensor") -> str:
        result = run(order, world.ports)
        assert result.energy_total_j is not None
        assert (result.energy_host_j, result.meter.host) == (None, None)
        assert unexplained(result) == ()
        missing = result.not_measured["energy_host_j"]
        assert missing == result.not_measured["meter.host"]
        assert missing.code == code
        return missing.reason

    def test_for_want_of_permission_says_the_cure(self, make_world: Any, order: WorkOrder) -> None:
        world = on_gpu(make_world, problems=[FORBIDDEN])
        assert "of-hosts: only root may read it (Run `chmod a+r`)" in self.reason(world, order)

    def test_says_nothing_of_meters_of_other_devices(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world, problems=[FORBIDDEN])
        assert "of-gpus" not in self.reason(world, order)

    def test_without_any_meter_of_hosts_says_so(self, make_world: Any, order: WorkOrder) -> None:
        world = on_gpu(make_world).with_ports(host_meters=())
        assert "no meter of the host is installed" in self.reason(world, order)

    def test_because_its_meter_fails_at_the_start_costs_nothing_else(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world, open_error=LlemError("it is in use", cure="Stop the other."))
        assert self.reason(world, order, "sensor_failed") == "it is in use. Stop the other."

    def test_because_its_sensor_fails_gives_the_sensors_reason(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world, failure="the counter is gone")
        assert self.reason(world, order, "sensor_failed") == "the counter is gone"


class TestRunWithoutMeterOfItsGpu:
    def blind(self, make_world: Any) -> Any:
        world = on_gpu(make_world)
        nothing = ScriptedMeter(
            world.clock, {GPU.uuid: Watts(0.0, 0.0)}, world.load, failure="nothing is read"
        )
        return world.with_ports(meters=(meter_candidate(nothing, BLIND),))

    def test_that_nobody_switched_off_has_the_hosts_energy_and_series(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = self.blind(make_world)
        result = run(changed(order, energy={"meter": "auto"}), world.ports)
        assert result.energy_total_j is None
        assert result.energy_host_j == pytest.approx(80.0 * result.window_duration_s)
        assert result.timeseries is not None
        assert load_result(only_folder(order)).timeseries() is not None
        assert unexplained(result) == ()

    def test_that_was_asked_for_reads_the_host_neither(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = self.blind(make_world)
        result = run(changed(order, energy={"meter": "none"}), world.ports)
        assert result.energy_host_j is None
        assert result.not_measured["energy_host_j"].code == "not_requested"
        assert world.host.sessions == []
        assert unexplained(result) == ()


class TestRunOnTheCpu:
    def test_has_the_hosts_energy_for_its_total(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        assert result.energy_host_j == result.energy_total_j is not None
        assert result.meter.host is not None
        assert result.meter.host.name == result.meter.name

    def test_on_a_machine_with_a_gpu_is_metered_by_the_meter_of_the_host(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        world = on_gpu(make_world)
        world.with_ports(
            backend=ScriptedBackend(world.clock, world.load), meters=world.ports.host_meters
        )
        result = run(changed(order, energy={"meter": "auto"}), world.ports)
        assert result.meter.name == "of-hosts"
        assert "accelerators" in result.meter.rejected["of-gpus"]
        assert result.energy_total_j == result.energy_host_j
        assert result.energy_host_j == pytest.approx(80.0 * result.window_duration_s)

    def test_opens_one_meter_alone(self, world: Any, order: WorkOrder) -> None:
        world.with_ports(host_meters=world.ports.meters)
        run(order, world.ports)
        assert len(world.meter.sessions) == 1

    def test_whose_sensor_fails_has_the_same_reason_for_both(
        self, make_world: Any, order: WorkOrder
    ) -> None:
        result = run(order, make_world(meter_options={"failure": "it broke"}).ports)
        assert result.energy_host_j is None
        missing = result.not_measured
        assert missing["energy_host_j"] == missing["energy_total_j"]
        assert unexplained(result) == ()
