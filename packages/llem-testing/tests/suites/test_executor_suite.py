"""Each of these executors breaks one promise, and the test that is meant for it tells."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import Executor
from llem_store import FolderStore
from llem_testing import FakeClock, ScriptedExecutor
from llem_testing.suites import ExecutorBench, ExecutorSuite, ScriptedExecutorBench

from .broken_executors import MEANT, ExecutorAround
from .verdict import failing_tests


def suite_of(around: Callable[[ScriptedExecutor], Executor]) -> type[Any]:
    class Suite(ExecutorSuite):
        def make_bench(self, folder: Path) -> ExecutorBench:
            return ScriptedExecutorBench(FolderStore(FakeClock()), folder, around)

    return Suite


class TestBrokenExecutor:
    @pytest.mark.parametrize("double", MEANT, ids=lambda double: double.__name__)
    def test_fails_the_test_that_is_meant_for_it(
        self, double: type[ExecutorAround], tmp_path: Path
    ) -> None:
        assert failing_tests(suite_of(double), tmp_path) == {f"test_{MEANT[double]}"}

    def test_there_is_one_for_every_promise(self) -> None:
        promises = {name for name in dir(ExecutorSuite) if name.startswith("test_")}
        assert promises == {f"test_{test}" for test in MEANT.values()}


class TestSoundExecutor:
    def test_fails_nothing(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(ExecutorAround), tmp_path) == set()
