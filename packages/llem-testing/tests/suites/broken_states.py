"""Stores that break one promise each about runs without a result."""

import contextlib
import dataclasses
import shutil
from pathlib import Path

from llem_contracts import DeadRun, StoreError
from llem_schema import ExperimentResult, RunProcess, RunStateName, WorkOrder
from llem_store.handle import FolderRunHandle
from llem_store.processes import ProcessTable
from llem_store.stored import FolderRun
from llem_store.unfinished import FolderPartialRun

from .sound_store import Store

STATE = "state.json"


class BeginsWithoutAWord(Store):
    def begin(self, order: WorkOrder) -> FolderRunHandle:
        handle = super().begin(order)
        (handle.path / STATE).unlink()
        return handle


class ForgetsThePrefill(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def state(self, state: RunStateName, phase: str) -> None:
            super().state(state, "measure" if phase == "prefill" else phase)


class WritesOverTheState(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def state(self, state: RunStateName, phase: str) -> None:
            with contextlib.ExitStack() as stack:
                if self.path.exists():
                    before = stack.enter_context((self.path / STATE).open("r+b"))
                super().state(state, phase)
                before.write((self.path / STATE).read_bytes())
                before.truncate()


class LetsTheSystemsErrorThroughOfAState(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def state(self, state: RunStateName, phase: str) -> None:
            try:
                super().state(state, phase)
            except StoreError as error:
                raise OSError(str(error)) from error


class KeepsTheStateForEver(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            run = super().commit(result)
            (run.path / STATE).write_text("{}")
            return run


class HidesWhatThereIsSoFar(Store):
    def load_partial(self, path: Path) -> FolderPartialRun:
        run = super().load_partial(path)
        hidden = None if run.state == "measuring" else run.timeseries_file
        return dataclasses.replace(run, timeseries_file=hidden)


class LosesTheRequestsOfTheAbandoned(Store):
    def load_partial(self, path: Path) -> FolderPartialRun:
        run = super().load_partial(path)
        hidden = None if run.reason == "the fan fell off" else run.requests_file
        return dataclasses.replace(run, requests_file=hidden)


class TakesAnythingForARun(Store):
    def load_partial(self, path: Path) -> FolderPartialRun:
        if path.is_dir() and any(path.iterdir()):
            return super().load_partial(path)
        return FolderPartialRun(path, "nothing", None, None, None, None, None)


class ThrowsDeadRunsAway(Store):
    def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
        dead = super().clean_up(results_dir)
        for run in dead:
            shutil.rmtree(run.path, ignore_errors=True)
        return dead


class KeepsEmptyFoldersOfTheDead(Store):
    def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
        dead = super().clean_up(results_dir)
        for run in dead:
            run.path.mkdir(exist_ok=True)
        return dead


class TellsOfTheDeadForEver(Store):
    _dead: tuple[DeadRun, ...] = ()

    def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
        self._dead += super().clean_up(results_dir)
        return self._dead


class _EverybodyIsGone(ProcessTable):
    def is_gone(self, process: RunProcess) -> bool:
        return True


class TakesTheLivingForDead(Store):
    def clean_up(self, results_dir: Path) -> tuple[DeadRun, ...]:
        self._processes = _EverybodyIsGone()
        return super().clean_up(results_dir)
