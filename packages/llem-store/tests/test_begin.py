import multiprocessing
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import StoreError
from llem_store import FolderStore
from llem_testing import FakeClock, example_order


def take_folders(results: str, barrier: Any, pipe: Any, count: int) -> None:
    """Begin runs as fast as can be, together with other processes, and send the names."""
    store = FolderStore(clock=FakeClock())
    barrier.wait()
    pipe.send([store.begin(example_order(results)).path.name for _ in range(count)])


class TestBegin:
    def test_the_folder_is_new_and_below_the_results_folder(
        self, store: FolderStore, results: Path
    ) -> None:
        handle = store.begin(example_order(results))
        assert handle.path == results / "tiny_pytorch_2026-11-23T14-30-05"
        assert list(handle.path.iterdir()) == []

    def test_a_taken_name_gets_a_number(self, store: FolderStore, results: Path) -> None:
        names = [store.begin(example_order(results)).path.name for _ in range(3)]
        first = "tiny_pytorch_2026-11-23T14-30-05"
        assert names == [first, f"{first}_1", f"{first}_2"]

    def test_what_a_stranger_put_there_is_left_alone(
        self, store: FolderStore, results: Path
    ) -> None:
        taken = results / "tiny_pytorch_2026-11-23T14-30-05"
        results.mkdir()
        taken.write_text("mine")
        assert store.begin(example_order(results)).path.name == f"{taken.name}_1"
        assert taken.read_text() == "mine"

    def test_processes_that_race_get_different_folders(self, results: Path) -> None:
        context = multiprocessing.get_context("fork")
        barrier = context.Barrier(4)
        pipes, processes = [], []
        for _ in range(4):
            receive, send = context.Pipe(duplex=False)
            process = context.Process(target=take_folders, args=(str(results), barrier, send, 25))
            process.start()
            pipes.append(receive)
            processes.append(process)
        names = [name for pipe in pipes for name in pipe.recv()]
        for process in processes:
            process.join()
        assert len(set(names)) == len(names) == 100
        assert {path.name for path in results.iterdir()} == set(names)

    def test_a_path_below_a_file_is_refused_with_a_cure(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match="a part of the path is a file") as caught:
            store.begin(example_order(tmp_path / "file" / "results"))
        assert caught.value.cure

    def test_a_file_in_the_place_of_the_results_folder_is_refused(
        self, store: FolderStore, tmp_path: Path
    ) -> None:
        (tmp_path / "results").write_text("")
        with pytest.raises(StoreError, match="a part of the path is a file"):
            store.begin(example_order(tmp_path / "results"))

    def test_an_order_that_keeps_its_result_in_memory_is_refused(self, store: FolderStore) -> None:
        with pytest.raises(StoreError, match="names no results folder"):
            store.begin(example_order(None))
