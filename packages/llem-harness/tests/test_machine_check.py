"""What is wrong with a machine, without an order (CLI-06)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import DeviceProcess, DeviceState, Problem
from llem_harness import MachinePorts, inspect_machine
from llem_schema import RunSettings
from llem_store import FolderStore
from llem_testing import (
    SCRIPTED_METER,
    FakeClock,
    ScriptedDevices,
    ScriptedMeter,
    Watts,
    example_accelerator,
    example_host,
    meter_candidate,
)

AUTOMATIC = replace(SCRIPTED_METER, automatic=True)
BLIND = replace(AUTOMATIC, name="none", senses=False)


def ports(devices: ScriptedDevices, **meter: Any) -> MachinePorts:
    descriptor = meter.pop("descriptor", AUTOMATIC)
    watts = {facts.uuid: Watts(idle=1.0, busy=2.0) for facts in devices.visible()}
    scripted = ScriptedMeter(FakeClock(), watts, **meter)
    return MachinePorts(
        devices=devices, meters=(meter_candidate(scripted, descriptor),), store=FolderStore()
    )


def found(world: MachinePorts, meter: str = "auto", **settings: Any) -> list[tuple[str, bool]]:
    problems = inspect_machine(RunSettings(**settings), meter, world)
    assert all(problem.cure for problem in problems)
    return [(problem.code, problem.blocking) for problem in problems]


class TestMachine:
    def test_in_order_has_no_problem(self, tmp_path: Path) -> None:
        folders = {
            key: str(tmp_path / key) for key in ("results_dir", "cache_dir", "model_cache_dir")
        }
        devices = ScriptedDevices([example_host(governor="powersave"), example_accelerator()])
        assert found(ports(devices), **folders) == []
        assert list(tmp_path.iterdir()) == []

    def test_is_looked_at_in_every_gpu(self) -> None:
        idle = example_accelerator(0, persistence_mode=False)
        busy = example_accelerator(1, power_limit_w=300.0)
        state = DeviceState(1.0, 0.0, (DeviceProcess(17, None),), None, None)
        devices = ScriptedDevices([example_host(), idle, busy], {busy.uuid: state})
        assert found(ports(devices)) == [
            ("persistence_off", False),
            ("power_limit_lowered", False),
            ("device_in_use", False),
        ]

    def test_without_a_gpu_computes_on_the_cpu(self) -> None:
        devices = ScriptedDevices([example_host(governor="powersave")])
        assert found(ports(devices)) == [("cpu_governor", False)]

    def test_tells_devices_that_cannot_be_seen_and_folders_that_cannot_be_used(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        missing = Problem(code="nvml_unavailable", message="no", cure="Load.", blocking=False)
        devices = ScriptedDevices([example_host()], problems=[missing])
        file = str(tmp_path / "file")
        assert found(ports(devices), results_dir=file, cache_dir=file, model_cache_dir=file) == [
            ("results_dir_not_a_folder", True),
            ("nvml_unavailable", False),
            ("cache_not_writable", False),
            ("cache_not_writable", False),
        ]


class TestMeter:
    HOST = ScriptedDevices([example_host()])

    def test_that_reads_nothing_is_a_warning_where_nobody_asked_for_it(self) -> None:
        world = ports(self.HOST, descriptor=BLIND)
        assert found(world) == [("no_sensor", False)]
        assert found(world, "none") == []

    def test_asked_for_by_name_stops_runs_where_it_cannot_read(self) -> None:
        refused = Problem(code="no_permission", message="may not be read", cure="chmod")
        world = ports(self.HOST, problems=[refused])
        assert found(world, "scripted") == [("no_permission", True)]

    @pytest.mark.parametrize("meter", ["auto", "scripted"])
    def test_of_which_there_is_none_stops_runs(self, meter: str) -> None:
        assert found(replace(ports(self.HOST), meters=()), meter) == [("no_meter", True)]
