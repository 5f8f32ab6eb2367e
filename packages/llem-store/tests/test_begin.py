import subprocess
import sys
from pathlib import Path

import pytest
from llem_contracts import StoreError
from llem_store import FolderStore
from llem_testing import example_order

TAKE_FOLDERS = """
import sys
from llem_store import FolderStore
from llem_testing import FakeClock, example_order
store = FolderStore(clock=FakeClock())
print("ready", flush=True)
sys.stdin.readline()
for _ in range(25):
    print(store.begin(example_order(sys.argv[1])).path.name)
"""


LOAD_AT_THE_BEGINNING = """
import sys
from llem_store import FolderStore
from llem_testing import example_order
assert "pyarrow" not in sys.modules
FolderStore().begin(example_order(sys.argv[1]))
before = set(sys.modules)
import llem_store.stream, llem_store.tables
print(set(sys.modules) - before)
"""


class TestBegin:
    def test_what_writes_tables_is_loaded_while_there_is_one_thread(self, results: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", LOAD_AT_THE_BEGINNING, str(results)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "set()\n"

    def test_the_folder_is_new_and_below_the_results_folder(
        self, store: FolderStore, results: Path
    ) -> None:
        handle = store.begin(example_order(results))
        assert handle.path == results / "tiny_pytorch_2026-11-23T14-30-05"
        assert [path.name for path in handle.path.iterdir()] == ["state.json"]

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
        racers = [
            subprocess.Popen(
                [sys.executable, "-c", TAKE_FOLDERS, str(results)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        names = [name for racer in racers for name in racer.communicate()[0].split()]
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
