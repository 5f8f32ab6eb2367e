"""Whether a process is gone, told from what the kernel lists of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from llem_schema import RunProcess
from llem_store.processes import ProcessTable

SAY_WHO_I_AM = """
from llem_store.processes import ProcessTable
print(ProcessTable().this_one().model_dump_json())
"""
HERE = ProcessTable().this_one()


def listed(folder: Path, letter: str, started_ticks: int, name: str = "python") -> ProcessTable:
    """A machine whose one process has the number 7."""
    (folder / "7").mkdir(parents=True)
    fields = " ".join([letter, *["0"] * 18, str(started_ticks), "0"])
    (folder / "7" / "stat").write_text(f"7 ({name}) {fields}\n")
    (folder / "sys/kernel/random").mkdir(parents=True)
    (folder / "sys/kernel/random/boot_id").write_text("this-boot\n")
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/pid").touch()
    return ProcessTable(folder, "node-1")


def run_of(folder: Path, **fields: object) -> RunProcess:
    process = RunProcess(
        pid=7,
        started_ticks=100,
        host="node-1",
        boot_id="this-boot",
        pid_namespace=(folder / "self/ns/pid").stat().st_ino,
    )
    return process.model_copy(update=fields)


class TestThisMachine:
    def test_this_process_is_there(self) -> None:
        assert HERE.pid == os.getpid()
        assert ProcessTable().is_gone(HERE) is False

    def test_one_that_ended_is_gone_also_before_its_parent_asks(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", SAY_WHO_I_AM], stdout=subprocess.PIPE)
        assert child.stdout is not None
        process = RunProcess.model_validate_json(child.stdout.read())
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still listed
        assert ProcessTable().is_gone(process) is True
        child.wait()
        assert ProcessTable().is_gone(process) is True


class TestProcess:
    def test_of_the_same_number_and_start_is_there(self, tmp_path: Path) -> None:
        assert listed(tmp_path, "S", 100).is_gone(run_of(tmp_path)) is False

    def test_whose_name_looks_like_its_fields_is_there(self, tmp_path: Path) -> None:
        table = listed(tmp_path, "R", 100, name="a) Z 1 (b")
        assert table.is_gone(run_of(tmp_path)) is False

    def test_whose_number_another_one_has_by_now_is_gone(self, tmp_path: Path) -> None:
        assert listed(tmp_path, "S", 101).is_gone(run_of(tmp_path)) is True

    def test_of_no_listed_number_is_gone(self, tmp_path: Path) -> None:
        assert listed(tmp_path, "S", 100).is_gone(run_of(tmp_path, pid=8)) is True

    @pytest.mark.parametrize("letter", ["Z", "X"])
    def test_that_has_ended_but_is_listed_is_gone(self, tmp_path: Path, letter: str) -> None:
        assert listed(tmp_path, letter, 100).is_gone(run_of(tmp_path)) is True

    def test_of_an_earlier_boot_is_gone(self, tmp_path: Path) -> None:
        assert listed(tmp_path, "S", 100).is_gone(run_of(tmp_path, boot_id="before")) is True

    @pytest.mark.parametrize(
        "unseen",
        [
            {"host": "node-2"},
            {"host": "node-2", "boot_id": "before"},
            {"pid_namespace": 1},
            {"pid_namespace": None},
            {"boot_id": None},
            {"started_ticks": None},
        ],
        ids=["host", "host-and-boot", "namespace", "no-namespace", "no-boot", "no-start"],
    )
    def test_that_cannot_be_seen_from_here_is_never_judged(
        self, tmp_path: Path, unseen: dict[str, object]
    ) -> None:
        assert listed(tmp_path, "S", 101).is_gone(run_of(tmp_path, **unseen)) is None

    def test_is_never_judged_where_the_system_lists_none(self, tmp_path: Path) -> None:
        table = ProcessTable(tmp_path / "absent", HERE.host)
        assert table.is_gone(HERE) is None
        assert table.this_one().started_ticks is None
