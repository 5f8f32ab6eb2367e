"""Facts and state of GPUs and of the host."""

from pathlib import Path
from typing import Any

import pytest
from llem_contracts import ConfigError
from llem_energy import HostDevices


class TestGpuFacts:
    def test_everything_that_the_driver_says_is_there(self, make_machine: Any) -> None:
        (facts,) = make_machine().devices().visible()
        assert facts.unavailable == {}
        assert (facts.name, facts.driver_version) == ("H100", "600.1")
        assert facts.memory_total_mib == 80 * 1024
        assert facts.power_limit_w == 700.0
        assert facts.power_limit_default_w == 650.0
        assert (facts.power_limit_min_w, facts.power_limit_max_w) == (200.0, 710.0)
        assert (facts.sm_clock_max_mhz, facts.memory_clock_max_mhz) == (1980.0, 2619.0)
        assert (facts.ecc_enabled, facts.persistence_mode, facts.mig_enabled) == (
            True,
            False,
            False,
        )
        assert facts.compute_capability == "9.0"

    @pytest.mark.parametrize(
        ("function", "fields"),
        [
            ("nvmlDeviceGetMemoryInfo", {"memory_total_mib"}),
            ("nvmlDeviceGetEnforcedPowerLimit", {"power_limit_w"}),
            ("nvmlDeviceGetPowerManagementDefaultLimit", {"power_limit_default_w"}),
            (
                "nvmlDeviceGetPowerManagementLimitConstraints",
                {"power_limit_min_w", "power_limit_max_w"},
            ),
            ("nvmlDeviceGetMaxClockInfo", {"sm_clock_max_mhz", "memory_clock_max_mhz"}),
            ("nvmlDeviceGetEccMode", {"ecc_enabled"}),
            ("nvmlDeviceGetPersistenceMode", {"persistence_mode"}),
            ("nvmlDeviceGetMigMode", {"mig_enabled"}),
            ("nvmlDeviceGetCudaComputeCapability", {"compute_capability"}),
        ],
    )
    def test_a_refused_call_costs_its_own_field_alone(
        self, make_machine: Any, function: str, fields: set[str]
    ) -> None:
        machine = make_machine()
        machine.nvml.faults[function] = 3
        (facts,) = machine.devices().visible()
        empty = {name for name, value in facts.model_dump().items() if value is None}
        assert empty == set(facts.unavailable) == fields

    def test_state_tells_memory_processes_heat_and_power(self, make_machine: Any) -> None:
        machine = make_machine()
        state = machine.devices().state(machine.uuids[0])
        assert (state.free_memory_mib, state.used_memory_mib) == (79 * 1024, 1024)
        assert [(process.pid, process.memory_mib) for process in state.processes] == [
            (2**22 + 42, 1024)
        ]
        assert (state.temperature_c, state.power_w) == (40.0, 50.0)

    def test_an_unknown_uuid_or_name_is_a_config_error(self, make_machine: Any) -> None:
        devices = make_machine().devices()
        for ask in (lambda: devices.facts("GPU-x"), lambda: devices.state("GPU-x")):
            with pytest.raises(ConfigError, match="GPU-x"):
                ask()
        for name in ("cuda:1", "cuda:x", "tpu:0"):
            with pytest.raises(ConfigError, match=name):
                devices.resolve([name])

    def test_one_lost_board_is_a_problem_and_hides_no_other(self, make_machine: Any) -> None:
        machine = make_machine(("H100", "H100"))
        answers = iter([15, 0])
        machine.nvml.faults["nvmlDeviceGetHandleByIndex"] = lambda: next(answers)
        devices = machine.devices()
        (problem,) = devices.problems()
        assert problem.code == "gpu_unreadable"
        assert [facts.index for facts in devices.visible()] == [1]


class TestNoDriver:
    @pytest.mark.parametrize("code", [12, 9, 18])
    def test_a_missing_driver_is_a_problem_and_never_an_exception(
        self, make_machine: Any, code: int
    ) -> None:
        machine = make_machine()
        machine.nvml.faults["nvmlInit"] = code
        devices = machine.devices()
        assert devices.visible() == ()
        (problem,) = devices.problems()
        assert (problem.code, problem.blocking) == ("nvml_unavailable", False)
        with pytest.raises(ConfigError) as caught:
            devices.resolve(["cuda:0"])
        assert caught.value.cure

    def test_a_driver_that_comes_later_is_seen(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.nvml.faults["nvmlInit"] = 9
        devices = machine.devices()
        assert devices.visible() == ()
        machine.nvml.faults.clear()
        assert len(devices.visible()) == 1


class TestHost:
    def test_facts_come_from_proc(self, tmp_path: Path) -> None:
        (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Test CPU 9000\n")
        (tmp_path / "meminfo").write_text("MemTotal: 2048 kB\nMemAvailable: 1024 kB\n")
        _govern(tmp_path, "performance", "performance")
        (tmp_path / "self").mkdir()
        (tmp_path / "self" / "status").write_text("Cpus_allowed_list:\t0,3\n")
        host = HostDevices(tmp_path, lambda: 8, lambda: 2, cpus=tmp_path, control_groups=tmp_path)
        (facts,) = host.visible()
        assert (facts.name, facts.logical_cores, facts.usable_cores) == ("Test CPU 9000", 8, 2)
        assert facts.memory_total_mib == 2.0
        assert facts.governor == "performance"
        assert facts.unavailable == {}
        state = host.state("host")
        assert (state.free_memory_mib, state.used_memory_mib) == (1.0, 1.0)
        assert (state.power_w, state.temperature_c) == (None, None)

    def test_what_proc_does_not_tell_is_none_with_a_reason(self, tmp_path: Path) -> None:
        (facts,) = HostDevices(tmp_path, cpus=tmp_path, control_groups=tmp_path).visible()
        untold = {"name", "memory_total_mib", "governor", "usable_cpus", "memory_limit_mib"}
        assert {name for name, value in facts.model_dump().items() if value is None} == untold
        assert set(facts.unavailable) == untold
        assert HostDevices(tmp_path).state("host").used_memory_mib is None

    def test_cores_under_several_governors_name_each_once(self, tmp_path: Path) -> None:
        _govern(tmp_path, "schedutil", "performance", "schedutil")
        (facts,) = HostDevices(tmp_path, cpus=tmp_path).visible()
        assert facts.governor == "performance, schedutil"

    def test_the_cpu_is_the_host_and_nothing_else_is(self) -> None:
        host = HostDevices()
        assert host.resolve(["cpu"]) == ("host",)
        for refuse in (lambda: host.resolve(["cpu:1"]), lambda: host.facts("GPU-1")):
            with pytest.raises(ConfigError):
                refuse()


def _govern(cpus: Path, *governors: str) -> None:
    """Cores 0, 1, ... under these governors, as cpufreq shows them."""
    for core, governor in enumerate(governors):
        folder = cpus / f"cpu{core}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(f"{governor}\n")
