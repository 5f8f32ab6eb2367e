"""Each of these stores breaks one promise, and the test that is meant for it tells."""

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import Problem, Sample, StoreError
from llem_schema import ExperimentResult, RunSettings, WorkOrder
from llem_store.handle import FolderRunHandle
from llem_store.stored import FolderRun
from llem_store.stream import read_batches
from llem_testing import FakeClock
from llem_testing.suites import StoreSuite

from .broken_catalogues import (
    BelievesItsMemory,
    HidesRunsThatGoOn,
    KeepsItsIndexAmongTheResults,
    ListsNothingDeep,
    ListsNothingForNoFolder,
    ListsRoundedFigures,
)
from .broken_loads import (
    KnowsFoldersAlone,
    LetsTheReadersErrorThrough,
    LoadsWhatIsNotComplete,
    LosesTheFolderOfWhatWasPrinted,
    RoundsWhatItLoads,
)
from .broken_states import (
    BeginsWithoutAWord,
    ForgetsThePrefill,
    HidesWhatThereIsSoFar,
    KeepsEmptyFoldersOfTheDead,
    KeepsTheStateForEver,
    LetsTheSystemsErrorThroughOfAState,
    LosesTheRequestsOfTheAbandoned,
    TakesAnythingForARun,
    TakesTheLivingForDead,
    TellsOfTheDeadForEver,
    ThrowsDeadRunsAway,
    WritesOverTheState,
)
from .sound_store import Store
from .verdict import failing_tests


class CallsAFileAFolder(Store):
    def problems(self, results_dir: Path) -> tuple[Problem, ...]:
        return ()


class FindsFaultWithAll(Store):
    def problems(self, results_dir: Path) -> tuple[Problem, ...]:
        return (Problem(code="dislike", message="I do not like it.", cure="Ask another."),)


class MakesTheFolderThatItIsAskedAbout(Store):
    def problems(self, results_dir: Path) -> tuple[Problem, ...]:
        found = super().problems(results_dir)
        if not found:
            results_dir.mkdir(parents=True, exist_ok=True)
        return found


class PutsRunsBesideTheResultsFolder(Store):
    def begin(self, order: WorkOrder) -> FolderRunHandle:
        if order.settings.results_dir is None:
            return super().begin(order)
        beside = RunSettings(results_dir=f"{order.settings.results_dir}-beside")
        return super().begin(order.model_copy(update={"settings": beside}))


class TakesAnExistingFolder(Store):
    def begin(self, order: WorkOrder) -> FolderRunHandle:
        if order.settings.results_dir is None:
            return super().begin(order)
        folder = Path(order.settings.results_dir) / "run"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError("cannot be made") from error
        handle = self.handle(folder, order, FakeClock())
        handle.begin()
        return handle


class LetsTheSystemsErrorThrough(Store):
    def begin(self, order: WorkOrder) -> FolderRunHandle:
        if order.settings.results_dir is not None:
            Path(order.settings.results_dir).mkdir(parents=True, exist_ok=True)
        return super().begin(order)


class ChoosesAFolderOfItsOwn(Store):
    def begin(self, order: WorkOrder) -> FolderRunHandle:
        if order.settings.results_dir is None:
            return FolderRunHandle(Path("results"), order, FakeClock())
        return super().begin(order)


class KeepsSamplesInMemory(Store):
    class handle(FolderRunHandle):  # noqa: N801
        _kept: tuple[Sample, ...] = ()

        def append(self, samples: Sequence[Sample]) -> None:
            self._kept += tuple(samples)

        def commit(self, result: ExperimentResult) -> FolderRun:
            self._flush()
            return super().commit(result)

        def abandon(self, reason: str) -> Path | None:
            self._flush()
            return super().abandon(reason)

        def requests(self, records: Any) -> None:
            self._flush()  # only the samples' own promise is broken
            super().requests(records)

        def _flush(self) -> None:
            super().append(self._kept)
            self._kept = ()


class ReturnsAnotherResult(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            run = super().commit(result)
            return FolderRun(run.path, result.model_copy(update={"passes": 7}))


class TurnsNoneIntoZero(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def append(self, samples: Sequence[Sample]) -> None:
            super().append(
                [dataclasses.replace(s, temperature_c=s.temperature_c or 0.0) for s in samples]
            )


class ForgetsThePass(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def requests(self, records: Any) -> None:
            super().requests(dataclasses.replace(record, pass_index=0) for record in records)


@dataclasses.dataclass(frozen=True)
class _Rows:
    """Rows without Arrow."""

    table: Any

    @property
    def num_rows(self) -> int:
        return int(self.table.num_rows)

    @property
    def column_names(self) -> list[str]:
        return list(self.table.column_names)

    def to_pylist(self) -> list[dict[str, Any]]:
        return list(self.table.to_pylist())

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.table


class _RunOfRows(FolderRun):
    def timeseries(self) -> Any:
        table = super().timeseries()
        return None if table is None else _Rows(table)


class GivesRowsWithoutArrow(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            run = super().commit(result)
            return _RunOfRows(run.path, run.result)


class _EmptySeries(FolderRun):
    def timeseries(self) -> Any:
        return super().timeseries() or []


class _EmptyRequests(FolderRun):
    def requests(self) -> Any:
        return super().requests() or []


class GivesAnEmptySeriesForNone(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            run = super().commit(result)
            return _EmptySeries(run.path, run.result)


class GivesEmptyRequestsForNone(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            run = super().commit(result)
            return _EmptyRequests(run.path, run.result)


class CommitsWithTheSystemsError(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            try:
                return super().commit(result)
            except StoreError as error:
                raise OSError(str(error)) from error


class CleansUpAfterAFailedCommit(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            try:
                return super().commit(result)
            except StoreError:
                for left in self.path.glob("timeseries.*"):
                    left.write_bytes(b"") if left.suffix == ".arrows" else left.unlink()
                raise


class ThrowsAbandonedSamplesAway(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def abandon(self, reason: str) -> Path | None:
            folder = super().abandon(reason)
            if folder is not None:
                (folder / "timeseries.arrows").write_bytes(b"")
            return folder


class ForgetsTheReason(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def abandon(self, reason: str) -> Path | None:
            return super().abandon("it ended")


class LeavesEmptyFolders(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def abandon(self, reason: str) -> Path | None:
            return super().abandon(reason) or self._made_again()

        def _made_again(self) -> Path:
            self.path.mkdir()
            return self.path


class WritesTheSeriesElsewhere(Store):
    class handle(FolderRunHandle):  # noqa: N801
        def commit(self, result: ExperimentResult) -> FolderRun:
            run = super().commit(result)
            series = run.path / self.timeseries_name
            if not series.exists():
                return run
            hidden = run.path / "tables"
            hidden.mkdir()
            shutil.move(series, hidden)
            return _HiddenSeries(run.path, run.result)

    def load(self, path: Path) -> FolderRun:
        run = super().load(path)
        return _HiddenSeries(run.path, run.result)


class _HiddenSeries(FolderRun):
    def timeseries(self) -> Any:
        if self.result.timeseries is None:
            return None
        return FolderRun(self.path / "tables", self.result).timeseries()


def suite_of(store: type[Store]) -> type[StoreSuite]:
    class Suite(StoreSuite):
        def make_store(self) -> Store:
            return store()

        def surviving_samples(self, folder: Path) -> int:
            import pyarrow.parquet as pq

            for stream in folder.glob("*.arrows"):
                if not stream.name.startswith("requests"):
                    return sum(batch.num_rows for batch in read_batches(stream))
            for table in folder.glob("*.parquet"):
                if not table.name.startswith("requests"):
                    return int(pq.ParquetFile(table).metadata.num_rows)
            return 0

        def state_file(self, folder: Path) -> Path:
            return folder / "state.json"

    return Suite


MEMORY = Path("/dev/shm")
MEANT: dict[type[Store], str] = {
    FindsFaultWithAll: "test_a_usable_place_has_no_problems",
    CallsAFileAFolder: "test_a_place_below_a_file_has_a_problem_with_a_cure",
    MakesTheFolderThatItIsAskedAbout: "test_asking_for_problems_creates_nothing",
    PutsRunsBesideTheResultsFolder: "test_a_run_begins_in_a_folder_below_the_results_folder",
    TakesAnExistingFolder: "test_no_folder_is_given_twice_also_when_several_ask_at_once",
    LetsTheSystemsErrorThrough: "test_a_folder_that_cannot_be_made_is_a_store_error",
    ChoosesAFolderOfItsOwn: "test_an_order_without_a_results_folder_is_a_store_error",
    KeepsSamplesInMemory: "test_what_was_appended_survives_the_process",
    WritesTheSeriesElsewhere: "test_the_tables_lie_beside_the_result_under_their_names",
    ReturnsAnotherResult: "test_commit_returns_the_run",
    LoadsWhatIsNotComplete: "test_a_run_is_complete_from_its_commit_on",
    RoundsWhatItLoads: "test_a_loaded_result_equals_the_saved_one",
    TurnsNoneIntoZero: ("test_samples_come_back_as_they_were_and_unread_values_as_none"),
    ForgetsThePass: "test_request_records_come_back_one_row_each",
    GivesRowsWithoutArrow: "test_a_table_is_taken_by_arrow_libraries_as_it_is",
    GivesAnEmptySeriesForNone: "test_a_run_without_samples_has_no_series",
    GivesEmptyRequestsForNone: "test_a_run_without_requests_has_no_requests",
    CommitsWithTheSystemsError: "test_a_commit_that_fails_is_a_store_error",
    CleansUpAfterAFailedCommit: ("test_a_commit_that_fails_leaves_what_was_appended_and_no_result"),
    ThrowsAbandonedSamplesAway: "test_an_abandoned_run_keeps_what_was_appended",
    ForgetsTheReason: "test_an_abandoned_run_is_refused_with_its_reason",
    LeavesEmptyFolders: "test_an_abandoned_run_that_is_empty_leaves_no_folder",
    KnowsFoldersAlone: "test_a_run_is_loaded_from_its_result_json",
    LosesTheFolderOfWhatWasPrinted: "test_a_run_is_loaded_from_what_the_command_prints",
    LetsTheReadersErrorThrough: "test_anything_else_is_a_store_error_that_names_it",
    ListsNothingDeep: "test_a_catalogue_has_every_run_below_a_folder_sorted_by_path",
    ListsRoundedFigures: "test_a_catalogue_says_what_the_results_say",
    HidesRunsThatGoOn: "test_a_catalogue_has_runs_without_a_result_with_the_reason",
    BelievesItsMemory: "test_a_catalogue_is_what_the_files_say_now",
    ListsNothingForNoFolder: "test_a_catalogue_of_what_is_no_folder_is_a_store_error",
    KeepsItsIndexAmongTheResults: "test_asking_for_a_catalogue_changes_nothing_there",
    BeginsWithoutAWord: "test_a_run_that_begins_is_found_by_its_config",
    ForgetsThePrefill: "test_the_state_is_what_was_said_last",
    WritesOverTheState: "test_a_state_takes_the_place_of_the_one_before",
    LetsTheSystemsErrorThroughOfAState: "test_a_state_that_cannot_be_written_is_a_store_error",
    KeepsTheStateForEver: "test_a_complete_run_keeps_no_state",
    HidesWhatThereIsSoFar: "test_a_run_that_goes_on_gives_what_it_has_so_far",
    LosesTheRequestsOfTheAbandoned: "test_an_abandoned_run_gives_what_it_had",
    TakesAnythingForARun: "test_what_is_no_run_is_no_partial_one",
    ThrowsDeadRunsAway: "test_a_dead_run_becomes_a_partial_one_with_what_it_measured",
    KeepsEmptyFoldersOfTheDead: "test_a_dead_run_that_measured_nothing_goes",
    TellsOfTheDeadForEver: "test_a_dead_run_is_told_of_once",
    TakesTheLivingForDead: "test_a_run_that_may_go_on_is_left_alone",
}


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: no disk is waited for."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


class TestStoreSuite:
    def test_a_sound_store_passes(self, in_memory: Path) -> None:
        assert failing_tests(suite_of(Store), in_memory) == set()

    @pytest.mark.parametrize("store", MEANT, ids=lambda store: store.__name__)
    def test_a_broken_store_fails_the_test_meant_for_it_alone(
        self, store: type[Store], in_memory: Path
    ) -> None:
        assert failing_tests(suite_of(store), in_memory) == {MEANT[store]}

    def test_each_test_has_a_store_that_fails_it(self) -> None:
        tests = {name for name in dir(StoreSuite) if name.startswith("test_")}
        assert set(MEANT.values()) == tests
