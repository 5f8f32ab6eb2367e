"""What a run's folder says while the run lasts, and after its process died."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from llem_contracts import DeadRun, StoreError
from llem_schema import RunProcess, RunState
from llem_store import FolderStore, load_partial, load_result
from llem_store.handle import FolderRunHandle
from llem_store.naming import run_folder_name
from llem_store.processes import ProcessTable
from llem_store.state import read_state
from llem_testing import (
    FakeClock,
    example_order,
    example_requests,
    example_result,
    example_samples,
)


class Told(ProcessTable):
    """Says of every process what it was told."""

    def __init__(self, gone: bool | None) -> None:
        super().__init__(host="node-1")
        self._gone = gone

    def is_gone(self, process: RunProcess) -> bool | None:
        return self._gone


@pytest.fixture
def after_death() -> FolderStore:
    """A store on the same machine, for which no process is left."""
    return FolderStore(FakeClock(), processes=Told(gone=True))


def begun_folder(results: Path, names: tuple[str, ...]) -> Path:
    """A run's folder in which its process has written these files and no state."""
    folder = results / run_folder_name(example_order().config, FakeClock().wall_ns())
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text('{"sta')
    return folder


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def measuring(handle: FolderRunHandle) -> FolderRunHandle:
    handle.state("measuring", "measure")
    handle.append(example_samples())
    return handle


class TestState:
    def test_names_the_run_and_its_process(self, store: FolderStore, results: Path) -> None:
        order = example_order(results)
        state = read_state(store.begin(order).path)
        assert state is not None
        assert (state.state, state.phase, state.reason) == ("initialising", None, None)
        assert state.order == order
        assert state.process == ProcessTable().this_one()
        assert state.process.pid == os.getpid()

    def test_keeps_the_time_of_the_beginning(self, results: Path) -> None:
        clock = FakeClock()
        handle = FolderStore(clock).begin(example_order(results))
        clock.advance(90.0)
        handle.state("measuring", "measure")
        state = read_state(handle.path)
        assert state is not None
        assert (state.updated_at - state.started_at).total_seconds() == 90.0

    def test_of_a_newer_llem_or_a_damaged_one_is_unknown(self, handle: FolderRunHandle) -> None:
        file = handle.path / "state.json"
        document = json.loads(file.read_text())
        for content in ("", "{", "[]", "{}", json.dumps(document | {"schema_version": 2})):
            file.write_text(content)
            assert read_state(handle.path) is None
            assert load_partial_or_none(handle.path) is None
        assert FolderStore(processes=Told(gone=True)).clean_up(handle.path.parent) == ()

    def test_says_failed_before_the_tables_are_written(self, handle: FolderRunHandle) -> None:
        measuring(handle)
        (handle.path / f".timeseries.parquet.{os.getpid()}.tmp").mkdir()  # the disk refuses
        assert handle.abandon("terminated") == handle.path
        state = read_state(handle.path)
        assert state is not None
        assert (state.state, state.phase, state.reason) == ("failed", "measure", "terminated")

    def test_that_cannot_be_written_leaves_the_one_before(self, handle: FolderRunHandle) -> None:
        (handle.path / f".state.json.{os.getpid()}.tmp").mkdir()
        with pytest.raises(StoreError, match=str(handle.path)):
            handle.state("measuring", "measure")
        state = read_state(handle.path)
        assert state is not None
        assert state.state == "initialising"

    def test_that_cannot_be_written_at_first_leaves_no_folder(
        self, store: FolderStore, results: Path
    ) -> None:
        broken = example_order(results)
        settings = broken.settings.model_copy(update={"model_cache_dir": "\ud800"})
        with pytest.raises(StoreError, match="cannot be written as JSON"):
            store.begin(broken.model_copy(update={"settings": settings}))
        assert list(results.iterdir()) == []


def load_partial_or_none(folder: Path) -> object:
    try:
        return load_partial(folder).state
    except StoreError:
        return None


class TestStateOfSomebodyElse:
    def test_makes_no_run_of_a_folder_and_hides_none_below_it(
        self, store: FolderStore, results: Path
    ) -> None:
        results.mkdir()
        (results / "state.json").write_text('{"_data_files": [], "_split": "train"}')
        run = store.begin(example_order(results / "below")).path
        assert [entry.path for entry in store.catalogue(results)] == [run]
        with pytest.raises(StoreError):
            load_partial(results)


class TestReason:
    @pytest.mark.parametrize(
        ("gone", "said"),
        [
            (False, "the run is still measuring, in the phase measure, as process "),
            (None, "the run was killed, or is still measuring, in the phase measure, as process "),
            (True, "its process ended without a word while it was measuring, in the phase measure"),
        ],
        ids=["there", "unknown", "gone"],
    )
    def test_says_what_is_known_of_the_process(
        self, handle: FolderRunHandle, gone: bool | None, said: str
    ) -> None:
        measuring(handle)
        os.utime(handle.path / "state.json", (1_600_000_000, 1_600_000_000))
        os.utime(handle.path / "timeseries.arrows", (1_700_000_000, 1_700_000_000))
        store = FolderStore(processes=Told(gone))
        (entry,) = store.catalogue(handle.path.parent)
        assert entry.reason == store.load_partial(handle.path).reason
        assert entry.reason is not None
        assert entry.reason.startswith(said)
        assert entry.reason.endswith("; it last wrote at 2023-11-14 22:13:20 UTC")

    def test_is_in_the_refusal_of_load_result(self, handle: FolderRunHandle) -> None:
        measuring(handle)
        with pytest.raises(StoreError, match="has no result: the run is still measuring") as caught:
            load_result(handle.path)
        assert "load_partial" in (caught.value.cure or "")


class TestPartialRun:
    def test_of_a_run_of_an_older_llem_has_its_tables_alone(self, handle: FolderRunHandle) -> None:
        measuring(handle)
        (handle.path / "state.json").unlink()
        run = load_partial(handle.path)
        assert (run.state, run.phase, run.config) == (None, None, None)
        assert run.requests() is None
        series = run.timeseries()
        assert series is not None
        assert series.num_rows == 5

    @pytest.mark.parametrize("length", [0, 1, 100, -1, -9])
    def test_has_the_whole_batches_of_a_stream_that_was_cut(
        self, handle: FolderRunHandle, length: int
    ) -> None:
        measuring(handle)
        whole = (handle.path / "timeseries.arrows").stat().st_size
        handle.append(example_samples(2))
        stream = handle.path / "timeseries.arrows"
        stream.write_bytes(stream.read_bytes()[:length])
        series = load_partial(handle.path).timeseries()
        rows = 0 if series is None else series.num_rows
        assert rows == (5 if length < 0 else 0)
        assert whole > 100

    def test_is_found_by_each_of_its_files(self, handle: FolderRunHandle) -> None:
        measuring(handle)
        assert load_partial(handle.path / "state.json").state == "measuring"
        handle.abandon("interrupted")
        assert load_partial(str(handle.path / "partial.json")).reason == "interrupted"

    def test_of_a_complete_one_is_refused_with_what_loads_it(self, handle: FolderRunHandle) -> None:
        handle.commit(example_result(timeseries=None, requests_file=None))
        with pytest.raises(StoreError, match="is complete") as caught:
            load_partial(handle.path)
        assert "load_result" in (caught.value.cure or "")

    def test_outside_of_its_folder_is_refused(self, handle: FolderRunHandle) -> None:
        measuring(handle)
        handle.abandon("interrupted")
        file = handle.path / "partial.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"timeseries": "../elsewhere"}))
        with pytest.raises(StoreError, match="outside its folder"):
            load_partial(handle.path).timeseries()


class TestCleanUp:
    def test_keeps_the_streams_as_they_are(
        self, handle: FolderRunHandle, after_death: FolderStore
    ) -> None:
        measuring(handle)
        os.utime(handle.path / "timeseries.arrows", (1_900_000_000, 1_900_000_000))
        stream = (handle.path / "timeseries.arrows").read_bytes()
        (dead,) = after_death.clean_up(handle.path.parent)
        assert (dead.path, dead.phase, dead.kept) == (handle.path, "measure", True)
        assert names_in(handle.path) == {"partial.json", "timeseries.arrows"}
        assert (handle.path / "timeseries.arrows").read_bytes() == stream
        (entry,) = after_death.catalogue(handle.path.parent)
        assert entry.state == "partial"
        assert entry.started_at is not None
        assert entry.ended_at is not None
        assert f"{entry.ended_at:%Y-%m-%d}" == "2030-03-17"

    def test_gives_the_reason_of_an_end_that_was_cut_short(
        self, handle: FolderRunHandle, after_death: FolderStore
    ) -> None:
        measuring(handle)
        obstacle = handle.path / f".timeseries.parquet.{os.getpid()}.tmp"
        obstacle.mkdir()
        handle.abandon("terminated")
        obstacle.rmdir()
        after_death.clean_up(handle.path.parent)
        assert load_partial(handle.path).reason == "terminated"

    def test_removes_what_was_half_written(
        self, handle: FolderRunHandle, after_death: FolderStore
    ) -> None:
        (handle.path / ".state.json.7.tmp").write_text('{"sta')
        (handle.path / "timeseries.arrows").write_bytes(b"\xff\xff")
        (dead,) = after_death.clean_up(handle.path.parent)
        assert not dead.kept
        assert not handle.path.exists()

    def test_leaves_what_a_stranger_put_there(
        self, handle: FolderRunHandle, after_death: FolderStore
    ) -> None:
        (handle.path / "notes.txt").write_text("mine")
        assert [dead.kept for dead in after_death.clean_up(handle.path.parent)] == [False]
        assert names_in(handle.path) == {"notes.txt"}

    @pytest.mark.parametrize("end", ["result.json", "partial.json"])
    def test_of_a_run_that_had_come_to_its_end_is_not_told_of(
        self, handle: FolderRunHandle, after_death: FolderStore, end: str
    ) -> None:
        measuring(handle)
        kept = {
            name: (handle.path / name).read_bytes() for name in ("state.json", "timeseries.arrows")
        }
        ending: dict[str, Callable[[], object]] = {
            "result.json": lambda: handle.commit(example_result(requests_file=None)),
            "partial.json": lambda: handle.abandon("interrupted"),
        }
        ending[end]()
        for name, content in kept.items():  # it died before it had removed these
            (handle.path / name).write_bytes(content)
        assert after_death.clean_up(handle.path.parent) == ()
        assert names_in(handle.path) == {end, "timeseries.parquet"}

    def test_takes_a_table_that_was_finished(
        self, handle: FolderRunHandle, after_death: FolderStore
    ) -> None:
        measuring(handle).requests(example_requests())
        (handle.path / f".requests.parquet.{os.getpid()}.tmp").mkdir()
        handle.abandon("interrupted")
        (handle.path / f".requests.parquet.{os.getpid()}.tmp").rmdir()
        after_death.clean_up(handle.path.parent)
        run = load_partial(handle.path)
        assert run.timeseries_file == "timeseries.parquet"
        assert run.requests_file == "requests.arrows"

    def test_a_run_that_was_alive_after_all_completes(
        self, handle: FolderRunHandle, after_death: FolderStore
    ) -> None:
        measuring(handle)
        after_death.clean_up(handle.path.parent)
        handle.append(example_samples(2, start_ns=10**12))
        handle.commit(example_result(requests_file=None))
        series = load_result(handle.path).timeseries()
        assert series is not None
        assert series.num_rows == 7

    @pytest.mark.parametrize("left", [(), (".state.json.7.tmp",)], ids=["nothing", "half a state"])
    def test_removes_what_was_killed_before_its_first_state(
        self, results: Path, left: tuple[str, ...]
    ) -> None:
        folder = begun_folder(results, left)
        clock = FakeClock()
        clock.advance(3601.0)
        store = FolderStore(clock)
        assert store.clean_up(results) == (DeadRun(folder, None, kept=False),)
        assert not folder.exists()
        assert store.clean_up(results) == ()

    def test_leaves_a_run_that_is_about_to_write_its_first_state(self, results: Path) -> None:
        folder = begun_folder(results, (".state.json.7.tmp",))
        clock = FakeClock()
        clock.advance(3599.0)
        assert FolderStore(clock).clean_up(results) == ()
        assert names_in(folder) == {".state.json.7.tmp"}

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("tiny_pytorch_2026-11-23T14-30-05", "notes.txt"),
            ("tiny_pytorch_2026-11-23T14-30-05", "timeseries.arrows"),
            ("tiny_pytorch_2026-11-23T14-30-05_1", ".hidden"),
            ("mine", None),
            ("tiny_pytorch_2026-99-99T14-30-05", None),
        ],
    )
    def test_leaves_what_may_be_something_else(
        self, results: Path, name: str, content: str | None
    ) -> None:
        (results / name).mkdir(parents=True)
        if content is not None:
            (results / name / content).write_text("mine")
        clock = FakeClock()
        clock.advance(10**6)
        assert FolderStore(clock).clean_up(results) == ()
        assert names_in(results / name) == ({content} if content else set())

    def test_is_the_same_by_several_at_once(self, results: Path, after_death: FolderStore) -> None:
        """What one has done is found done by the next, also half way."""
        store = FolderStore(FakeClock())
        paths = [measuring(store.begin(example_order(results))).path for _ in range(3)]
        state = (paths[1] / "state.json").read_bytes()
        assert len(after_death.clean_up(results)) == 3
        (paths[1] / "state.json").write_bytes(state)  # another one had read it already
        assert after_death.clean_up(results) == ()
        assert RunState.model_validate_json(state).state == "measuring"
        assert {entry.state for entry in after_death.catalogue(results)} == {"partial"}
