"""A catalogue has every run, says why one has no result, and equals a fresh look at the files."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from llem_contracts import CatalogueEntry, StoreError
from llem_store import FolderStore
from llem_store.handle import FolderRunHandle
from llem_testing import (
    FakeClock,
    example_result,
    example_samples,
    example_unmetered_result,
)

MUCH_LATER_NS = 4_000_000_000 * 10**9
"""By now every file of a test is old enough to be remembered."""
RESULT = example_result(requests_file=None).model_dump_json()
OTHER = example_unmetered_result(requests_file=None, experiment_id="other").model_dump_json()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def remembering(cache: Path) -> FolderStore:
    return FolderStore(FakeClock(wall_ns=MUCH_LATER_NS), cache_dir=cache)


def add_run(folder: Path, content: str = RESULT) -> Path:
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(content)
    return folder


def states(entries: tuple[CatalogueEntry, ...], root: Path) -> dict[str, str]:
    return {str(entry.path.relative_to(root)): entry.state for entry in entries}


def indices(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.json"))


class TestEntries:
    def test_a_complete_run_has_the_figures_of_its_result(
        self, store: FolderStore, handle: FolderRunHandle
    ) -> None:
        handle.append(example_samples())
        result = example_result(requests_file=None)
        handle.commit(result)
        (entry,) = store.catalogue(handle.path.parent)
        assert (entry.path, entry.state, entry.reason) == (handle.path, "complete", None)
        for name in (
            "experiment_id",
            "measurement_config_hash",
            "started_at",
            "ended_at",
            "window_duration_s",
            "output_tokens",
            "output_tokens_per_s",
            "energy_total_j",
            "energy_uncertainty_j",
            "energy_comparison_uncertainty_j",
            "energy_adjusted_j",
            "energy_per_output_token_j",
        ):
            assert getattr(entry, name) == getattr(result, name), name
        assert result.energy_uncertainty_j is not None
        per_token = result.energy_uncertainty_j / result.output_tokens
        assert entry.energy_per_output_token_uncertainty_j == per_token
        assert entry.model == result.model.name
        assert entry.batch_size == result.effective_config["batch_size"]
        assert entry.dataset == "builtin"
        assert entry.devices == tuple(gpu.name for gpu in result.environment_snapshot.gpus)
        assert entry.warnings == ("short_window",)
        assert entry.energy_estimated is False
        assert entry.ttft_p50_ms == result.latency.ttft.p50_ms
        assert entry.peak_memory_mib == result.memory.peak_memory_mib

    def test_what_was_not_measured_is_none(self, store: FolderStore, tmp_path: Path) -> None:
        add_run(tmp_path / "run", OTHER)
        (entry,) = store.catalogue(tmp_path)
        assert entry.energy_total_j is None
        assert entry.energy_per_output_token_j is None
        assert entry.energy_per_output_token_uncertainty_j is None
        assert entry.energy_estimated is None

    def test_a_partial_run_has_its_reason_and_its_config(
        self, store: FolderStore, handle: FolderRunHandle
    ) -> None:
        handle.append(example_samples())
        handle.abandon("the fan fell off")
        (entry,) = store.catalogue(handle.path.parent)
        assert (entry.state, entry.reason) == ("partial", "the fan fell off")
        assert (entry.model, entry.n) == ("builtin:tiny", 8)
        assert entry.output_tokens_per_s is None

    def test_a_run_without_a_word_says_when_it_last_wrote(
        self, store: FolderStore, handle: FolderRunHandle
    ) -> None:
        handle.append(example_samples())
        (handle.path / "state.json").unlink()
        os.utime(handle.path / "timeseries.arrows", (1_700_000_000, 1_700_000_000))
        (entry,) = store.catalogue(handle.path.parent)
        assert entry.state == "unfinished"
        assert entry.reason is not None
        assert "killed" in entry.reason
        assert "2023-11-14 22:13:20 UTC" in entry.reason

    @pytest.mark.parametrize("name", ["result.json", "partial.json"])
    @pytest.mark.parametrize("content", ["", "[", "{}", "[1]", '{"schema_version": 99}', "\0"])
    def test_a_broken_file_is_listed_with_its_reason_and_hides_nobody(
        self, store: FolderStore, tmp_path: Path, name: str, content: str
    ) -> None:
        add_run(tmp_path / "a")
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / name).write_text(content)
        add_run(tmp_path / "c")
        entries = store.catalogue(tmp_path)
        assert states(entries, tmp_path) == {"a": "complete", "b": "broken", "c": "complete"}
        assert entries[1].reason is not None
        assert entries[1].reason.startswith(name)

    def test_a_run_that_load_refuses_is_not_complete(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        document = json.loads(RESULT) | {"passes": "three"}
        folder = add_run(tmp_path / "run", json.dumps(document))
        with pytest.raises(StoreError):
            store.load(folder)
        (entry,) = store.catalogue(tmp_path)
        assert entry.state == "broken"
        assert "passes" in (entry.reason or "")


class TestWhere:
    def test_runs_are_found_at_every_depth_and_sorted(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        for name in ("b", "study/00002_c1", "study/00001_c1", "a"):
            add_run(tmp_path / name)
        found = [str(entry.path.relative_to(tmp_path)) for entry in store.catalogue(tmp_path)]
        assert found == ["a", "b", "study/00001_c1", "study/00002_c1"]

    def test_the_folder_of_a_run_has_that_run(
        self, remembering: FolderStore, cache: Path, tmp_path: Path
    ) -> None:
        folder = add_run(tmp_path / "run")
        assert [entry.path for entry in remembering.catalogue(folder)] == [folder]
        assert indices(cache) == []

    def test_a_run_holds_no_other_runs_and_hidden_folders_none(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        folder = add_run(tmp_path / "run")
        add_run(folder / "copy")
        add_run(tmp_path / ".hidden" / "run")
        assert states(store.catalogue(tmp_path), tmp_path) == {"run": "complete"}

    def test_an_empty_folder_has_none(self, store: FolderStore, tmp_path: Path) -> None:
        assert store.catalogue(tmp_path) == ()

    def test_a_folder_called_result_json_is_looked_into(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        add_run(tmp_path / "result.json" / "run")
        assert len(store.catalogue(tmp_path)) == 1

    def test_a_link_elsewhere_is_followed_and_no_run_comes_twice(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        results, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
        add_run(results / "here")
        add_run(elsewhere / "there")
        (results / "again").symlink_to(results / "here")
        (results / "circle").symlink_to(results)
        (results / "itself").symlink_to(results / "itself")
        for name in ("one", "two"):
            (results / name).symlink_to(elsewhere)
        (elsewhere / "back").symlink_to(results)
        (elsewhere / "round").symlink_to(elsewhere)
        entries = store.catalogue(results)
        assert len(entries) == 2
        assert {entry.path.name for entry in entries} == {"here", "there"}

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
    def test_a_folder_that_may_not_be_looked_into_is_listed(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        closed = add_run(tmp_path / "closed")
        closed.chmod(0)
        try:
            (entry,) = store.catalogue(tmp_path)
        finally:
            closed.chmod(0o700)
        assert entry.state == "broken"

    @pytest.mark.parametrize("place", ["absent", "file", "file/below", "a\0b"])
    def test_what_is_no_folder_is_a_store_error_with_a_cure(
        self, store: FolderStore, tmp_path: Path, place: str
    ) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError) as caught:
            store.catalogue(tmp_path / place)
        assert caught.value.cure

    def test_a_name_that_is_no_unicode_comes_back(
        self, remembering: FolderStore, tmp_path: Path
    ) -> None:
        folder = add_run(tmp_path / "results" / os.fsdecode(b"caf\xe9"))
        for _ in range(2):
            (entry,) = remembering.catalogue(tmp_path / "results")
            assert entry.path == folder


class TestIndex:
    def test_a_file_that_did_not_change_is_not_read_again(
        self, remembering: FolderStore, cache: Path, tmp_path: Path
    ) -> None:
        root = tmp_path / "results"
        add_run(root / "run")
        first = remembering.catalogue(root)
        (index,) = indices(cache)
        # An index of another truth, with a sound head: if it is believed, nothing was read.
        forged_index(index, lambda body: body.replace("builtin:tiny", "builtin:else"))
        (entry,) = remembering.catalogue(root)
        assert first[0].model == "builtin:tiny"
        assert entry.model == "builtin:else"

    def test_nothing_is_written_among_the_results(
        self, remembering: FolderStore, tmp_path: Path
    ) -> None:
        root = tmp_path / "results"
        add_run(root / "run")
        before = sorted(root.rglob("*"))
        remembering.catalogue(root)
        assert sorted(root.rglob("*")) == before

    def test_a_file_that_changed_just_now_is_not_remembered(
        self, cache: Path, tmp_path: Path
    ) -> None:
        root = tmp_path / "results"
        file = add_run(root / "run") / "result.json"
        changed_ns = file.stat().st_ctime_ns
        for wall_ns, kept in ((changed_ns + 10**9, False), (changed_ns + 3 * 10**9, True)):
            FolderStore(FakeClock(wall_ns=wall_ns), cache_dir=cache).catalogue(root)
            assert any("builtin:tiny" in index.read_text() for index in indices(cache)) is kept

    def test_a_broken_file_is_never_remembered(
        self, remembering: FolderStore, cache: Path, tmp_path: Path
    ) -> None:
        root = tmp_path / "results"
        add_run(root / "bad", "{")
        assert remembering.catalogue(root)[0].state == "broken"
        assert indices(cache) == []

    @pytest.mark.parametrize(
        "damage",
        [
            lambda content: b"",
            lambda content: content[: len(content) // 2],
            lambda content: content.replace(b"builtin:tiny", b"builtin:else"),
            lambda content: content.replace(b'"format": 1', b'"format": 0'),
            lambda content: content.replace(b'"model"', b'"molde"'),
            lambda content: content.replace(b'"llem-store": "', b'"llem-store": "9'),
            lambda content: b"[]\n[]",
        ],
        ids=["empty", "cut", "altered", "old", "other columns", "other version", "foreign"],
    )
    def test_a_damaged_or_outdated_index_is_made_anew(
        self,
        remembering: FolderStore,
        cache: Path,
        tmp_path: Path,
        damage: Callable[[bytes], bytes],
    ) -> None:
        root = tmp_path / "results"
        add_run(root / "run")
        first = remembering.catalogue(root)
        (index,) = indices(cache)
        sound = index.read_bytes()
        damaged = damage(sound)
        assert damaged != sound
        index.write_bytes(damaged)
        assert remembering.catalogue(root) == first
        assert index.read_bytes() == sound

    def test_a_cache_that_cannot_be_written_costs_nothing_but_time(self, tmp_path: Path) -> None:
        root = tmp_path / "results"
        add_run(root / "run")
        (tmp_path / "file").write_text("in the way")
        store = FolderStore(FakeClock(wall_ns=MUCH_LATER_NS), cache_dir=tmp_path / "file")
        assert len(store.catalogue(root)) == 1

    def test_several_at_once_leave_one_sound_index(self, cache: Path, tmp_path: Path) -> None:
        root = tmp_path / "results"
        for number in range(20):
            add_run(root / f"run-{number}")
        fresh = FolderStore().catalogue(root)

        def look(_number: int) -> tuple[CatalogueEntry, ...]:
            store = FolderStore(FakeClock(wall_ns=MUCH_LATER_NS), cache_dir=cache)
            return store.catalogue(root)

        with ThreadPoolExecutor(4) as pool:
            assert all(entries == fresh for entries in pool.map(look, range(8)))
        assert len([path for path in cache.rglob("*") if path.is_file()]) == 1
        assert look(0) == fresh


class TestTruth:
    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(seed=st.integers(0, 2**32))
    def test_the_catalogue_equals_a_fresh_look_after_any_changes(
        self, tmp_path_factory: pytest.TempPathFactory, seed: int
    ) -> None:
        random = Random(seed)
        place = tmp_path_factory.mktemp("truth")
        root, cache = place / "results", place / "cache"
        root.mkdir()
        store = FolderStore(FakeClock(wall_ns=MUCH_LATER_NS), cache_dir=cache)
        for step in range(8):
            for _ in range(random.randint(0, 3)):
                change(random, root, step)
            if random.random() < 0.2:
                damage_index(random, cache)
            assert store.catalogue(root) == FolderStore().catalogue(root)


def change(random: Random, root: Path, step: int) -> None:
    """Add, remove, alter, touch, spoil or move one of a few runs.

    Each change has a time of its own: the file system's clock may stand still between two.
    """
    folder = root / random.choice(("a", "b", "study/c", "study/d"))
    document = folder / random.choice(("result.json", "result.json", "partial.json"))
    match random.choice(("write", "write", "remove", "touch", "spoil", "move", "stream")):
        case "write":
            folder.mkdir(parents=True, exist_ok=True)
            document.write_text(random.choice((RESULT, OTHER)))
        case "remove":
            shutil.rmtree(folder, ignore_errors=True)
        case "spoil" if document.exists():
            content = bytearray(document.read_bytes())
            content[random.randrange(len(content))] = random.randrange(32, 127)
            document.write_bytes(content)
        case "move" if folder.exists():
            target = root / f"moved-{random.randint(0, 2)}"
            shutil.rmtree(target, ignore_errors=True)
            folder.rename(target)
        case "stream":
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "timeseries.arrows").write_bytes(b"")
        case _:
            pass
    if document.exists():
        moment = 10**18 + step * 10**9 + random.randrange(10**9)
        os.utime(document, ns=(moment, moment))


def damage_index(random: Random, cache: Path) -> None:
    for index in indices(cache):
        content = bytearray(index.read_bytes())
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        index.write_bytes(content)


def forged_index(index: Path, forge: Callable[[str], str]) -> None:
    """Change the body and make its checksum fit."""
    import zlib

    head, body = index.read_text().split("\n", 1)
    forged = forge(body)
    sealed = json.loads(head) | {"crc32": zlib.crc32(forged.encode())}
    index.write_text(json.dumps(sealed) + "\n" + forged)
