"""CPU time of a process and its children, from a /proc that the test writes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from llem_energy.process_tree import ProcessTree


class Proc:
    """Processes, each with its ticks and children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(
        self, pid: int, ticks: tuple[int, int, int, int], children: tuple[int, ...] = ()
    ) -> None:
        process = self.folder / str(pid)
        (process / "task" / str(pid)).mkdir(parents=True, exist_ok=True)
        times = " ".join(map(str, ticks))
        (process / "stat").write_text(f"{pid} (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 {times} 20 0 1\n")
        listed = "".join(f"{child} " for child in children)
        (process / "task" / str(pid) / "children").write_text(listed)

    def remove(self, pid: int) -> None:
        (self.folder / str(pid) / "stat").unlink()


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


class TestTree:
    def test_adds_up_the_process_its_children_and_theirs(self, proc: Proc) -> None:
        proc.put(10, (100, 20, 3, 1), children=(11, 12))
        proc.put(11, (50, 0, 0, 0), children=(13,))
        proc.put(12, (0, 5, 0, 0))
        proc.put(13, (0, 0, 0, 7))
        assert ProcessTree(10, proc.folder, 100).cpu_seconds() == pytest.approx(1.86)

    def test_counts_a_child_that_was_waited_for_once(self, proc: Proc) -> None:
        proc.put(10, (100, 0, 0, 0), children=(11,))
        proc.put(11, (50, 0, 0, 0))
        tree = ProcessTree(10, proc.folder, 100)
        assert tree.cpu_seconds() == pytest.approx(1.5)
        proc.put(10, (100, 0, 50, 0))
        assert tree.cpu_seconds() == pytest.approx(1.5)

    def test_never_falls_when_a_child_ends_that_nobody_waited_for(self, proc: Proc) -> None:
        proc.put(10, (100, 0, 0, 0), children=(11,))
        proc.put(11, (50, 0, 0, 0))
        tree = ProcessTree(10, proc.folder, 100)
        tree.cpu_seconds()
        proc.remove(11)
        assert tree.cpu_seconds() == pytest.approx(1.5)

    @pytest.mark.parametrize(("children", "ticks"), [((), 0.577), ((11, 12), 1.0)])
    def test_tells_how_far_the_ticks_of_its_figures_let_it_stray(
        self, proc: Proc, children: tuple[int, ...], ticks: float
    ) -> None:
        for pid in children:
            proc.put(pid, (0, 0, 0, 0))
        proc.put(10, (0, 0, 0, 0), children=children)
        tree = ProcessTree(10, proc.folder, 50)
        tree.cpu_seconds()
        assert tree.reading_sigma_s() == pytest.approx(ticks / 50, rel=1e-3)

    def test_that_cannot_be_read_is_an_error(self, proc: Proc) -> None:
        with pytest.raises(OSError, match="stat"):
            ProcessTree(10, proc.folder, 100).cpu_seconds()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="a system without /proc")
class TestThisProcess:
    def test_has_the_time_of_a_child_that_it_has_waited_for(self) -> None:
        tree = ProcessTree(os.getpid())
        before_s = tree.cpu_seconds()
        burn = "import time\nwhile time.process_time() < 0.2: pass"
        subprocess.run([sys.executable, "-c", burn], check=True)
        assert tree.cpu_seconds() - before_s > 0.1
