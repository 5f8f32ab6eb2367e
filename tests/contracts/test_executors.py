"""The executor suite over every installed executor, and over the scripted one."""

from pathlib import Path

from llem_store import FolderStore
from llem_testing import FakeClock
from llem_testing.suites import ExecutorBench, ExecutorSuite, ScriptedExecutorBench


class TestScripted(ExecutorSuite):
    def make_bench(self, folder: Path) -> ExecutorBench:
        return ScriptedExecutorBench(FolderStore(FakeClock()), folder)


class TestScriptedSideBySide(ExecutorSuite):
    """Two orders at once, as on two GPUs or on a cluster."""

    def make_bench(self, folder: Path) -> ExecutorBench:
        return ScriptedExecutorBench(FolderStore(FakeClock()), folder, room=2)
