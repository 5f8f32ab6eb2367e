"""The software and hardware around a run (CM-32)."""

import importlib.metadata
import platform
from typing import Any

from llem_harness import run
from llem_harness.snapshot import take_snapshot, with_engine
from llem_schema import WorkOrder
from llem_testing import ScriptedDevices, example_accelerator, example_host

GPUS = (example_accelerator(0), example_accelerator(1))


class TestSnapshot:
    def test_it_names_python_system_and_host(self) -> None:
        snapshot = take_snapshot([], example_host())
        assert snapshot.python_version == platform.python_version()
        assert snapshot.operating_system == platform.platform()
        assert snapshot.hostname == platform.node()
        assert snapshot.cpu == example_host()

    def test_it_holds_the_visible_gpus_with_memory_clocks_and_limits(self) -> None:
        snapshot = take_snapshot([example_host(), *GPUS], example_host())
        assert snapshot.gpus == GPUS
        assert snapshot.driver_version == "580.1"
        gpu = snapshot.gpus[1]
        assert (gpu.memory_total_mib, gpu.power_limit_w) == (81920.0, 700.0)
        assert (gpu.sm_clock_max_mhz, gpu.memory_clock_max_mhz) == (1980.0, 2619.0)

    def test_without_a_gpu_there_is_no_driver(self) -> None:
        snapshot = take_snapshot([example_host()], example_host())
        assert (snapshot.gpus, snapshot.driver_version) == ((), None)

    def test_it_lists_every_installed_distribution_and_ours_apart(self) -> None:
        snapshot = take_snapshot([], example_host())
        assert snapshot.packages["pydantic"] == importlib.metadata.version("pydantic")
        assert snapshot.llem_packages["llem-schema"] == importlib.metadata.version("llem-schema")
        assert {name.partition("-")[0] for name in snapshot.llem_packages} == {"llem"}
        assert snapshot.llem_packages.items() <= snapshot.packages.items()

    def test_the_engine_tells_the_cuda_version(self) -> None:
        snapshot = with_engine(take_snapshot([], example_host()), {"cuda": "13.0"})
        assert (snapshot.cuda_version, snapshot.cuda_version_source) == ("13.0", "torch")


class TestOfARun:
    def test_it_is_in_the_result(self, world: Any, order: WorkOrder) -> None:
        world.with_ports(devices=ScriptedDevices([example_host(), *GPUS]))
        snapshot = run(order, world.ports).environment_snapshot
        assert snapshot.gpus == GPUS
        assert snapshot.cpu == example_host()
        assert "llem-harness" in snapshot.llem_packages
