"""Strangers on a device, told from the measured work."""

import os
from pathlib import Path
from typing import Any

import pytest
from llem_energy.other_processes import OtherProcesses
from llem_testing.simulated_gpu import CONTINUOUS_COUNTER, Fault, GpuProcess

OURS = 100


@pytest.fixture
def others(tmp_path: Path) -> OtherProcesses:
    """100 has started 101, which has started 102; 200 is a stranger, and started 100."""
    for pid, parent in ((1, 0), (200, 1), (OURS, 200), (101, OURS), (102, 101), (201, 1)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a (b) c) S {parent} 1 1 0 -1\n")
    return OtherProcesses(OURS, tmp_path)


class TestStrangers:
    @pytest.mark.parametrize(
        ("pids", "expected"),
        [
            ((), 0),
            ((OURS,), 0),
            ((101, 102), 0),
            ((OURS, 201), 1),
            ((200,), 1),
            ((201, 200, 102), 2),
        ],
    )
    def test_are_those_that_we_have_not_started(
        self, others: OtherProcesses, pids: tuple[int, ...], expected: int
    ) -> None:
        assert others.count(pids) == expected

    @pytest.mark.parametrize(
        ("pids", "expected"), [((9001,), 0), ((9001, 9002), 1), ((OURS, 9001), 1), ((201, 9001), 1)]
    )
    def test_one_that_cannot_be_seen_may_be_us_where_we_are_not_seen(
        self, others: OtherProcesses, pids: tuple[int, ...], expected: int
    ) -> None:
        assert others.count(pids) == expected


class TestReading:
    """The window is from second 4 to second 9. Process 1 is nobody's child here."""

    def reading(self, make_scene: Any, *processes: GpuProcess, **scenario: Any) -> Any:
        return make_scene(CONTINUOUS_COUNTER, gpu={"processes": processes}, **scenario).reading()

    def test_of_a_device_that_a_stranger_used_meanwhile_says_so(self, make_scene: Any) -> None:
        stranger = GpuProcess(pid=1, memory_mib=500, start_s=5.5, end_s=7.5)
        reading = self.reading(make_scene, stranger)
        assert "shared_device" in reading.flags
        assert "shared_device" in reading.devices[0].flags

    @pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 2.5), (9.5, None)])
    def test_of_one_that_it_used_before_or_after_does_not(
        self, make_scene: Any, start_s: float, end_s: float | None
    ) -> None:
        stranger = GpuProcess(pid=1, memory_mib=500, start_s=start_s, end_s=end_s)
        assert self.reading(make_scene, stranger).flags == ()

    def test_of_one_that_we_alone_use_does_not(self, make_scene: Any) -> None:
        assert self.reading(make_scene, GpuProcess(pid=os.getpid(), memory_mib=500)).flags == ()

    def test_of_one_that_does_not_tell_its_processes_does_not(self, make_scene: Any) -> None:
        call = "nvmlDeviceGetComputeRunningProcesses"
        fault = Fault(error="no_permission", function=call)
        stranger = GpuProcess(pid=1, memory_mib=500)
        assert self.reading(make_scene, stranger, faults=(fault,)).flags == ()
