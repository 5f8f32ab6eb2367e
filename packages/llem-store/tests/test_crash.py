import gc
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from llem_contracts import StoreError
from llem_store import FolderStore, load_result
from llem_store.stream import TableStream, read_batches
from llem_store.tables import SAMPLES, samples_batch
from llem_testing import example_order, example_samples

APPEND_UNTIL_KILLED = """
import sys
from llem_store import FolderStore
from llem_testing import example_order, example_samples
handle = FolderStore().begin(example_order(sys.argv[1]))
for number in range(3):
    handle.append(example_samples(100))
print("appended", flush=True)
sys.stdin.read()
"""

FILL_THE_DISK = """
import resource, sys
from llem_contracts import StoreError
from llem_store import FolderStore
from llem_testing import example_order, example_result, example_samples
handle = FolderStore().begin(example_order(sys.argv[1]))
handle.append(example_samples(100))
resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))
try:
    for _ in range(1000):
        handle.append(example_samples(10))
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 16384))
try:
    handle.commit(example_result())
except StoreError as error:
    print(error)
print(sorted(path.name for path in handle.path.iterdir()))
"""


class TestCrash:
    def test_sigkill_leaves_what_was_appended(self, results: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", APPEND_UNTIL_KILLED, str(results)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"appended\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        (folder,) = results.iterdir()
        batches = list(read_batches(folder / "timeseries.arrows"))
        assert [batch.num_rows for batch in batches] == [100, 100, 100]
        with pytest.raises(StoreError, match="its process ended without a word") as caught:
            load_result(folder)
        assert "load_partial" in (caught.value.cure or "")

    def test_a_full_disk_is_one_sentence_and_hides_nothing(self, results: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", FILL_THE_DISK, str(results)],
            capture_output=True,
            text=True,
            check=True,
        )
        (folder,) = results.iterdir()
        sentence = f"{folder} cannot be written: a file may not grow that large there"
        assert done.stdout.splitlines() == [
            sentence,
            sentence,
            "['state.json', 'timeseries.arrows']",
        ]
        assert done.stderr == ""
        rows = [batch.num_rows for batch in read_batches(folder / "timeseries.arrows")]
        assert rows[0] == 100
        assert len(rows) > 1


class TestTornStream:
    def test_every_whole_batch_is_read_wherever_the_stream_is_cut(self, tmp_path: Path) -> None:
        stream = TableStream(tmp_path / "whole.arrows", SAMPLES)
        ends = [stream.path.stat().st_size]
        for _ in range(3):
            stream.append(samples_batch(example_samples(2)))
            ends.append(stream.path.stat().st_size)
        stream.close()
        content = stream.path.read_bytes()
        cut = tmp_path / "cut.arrows"
        for length in range(0, len(content) + 1, 7):
            cut.write_bytes(content[:length])
            whole = sum(end <= length for end in ends[1:])
            assert len(list(read_batches(cut))) == whole


class TestRunThatNobodyHolds:
    def test_lets_go_of_its_file(self, results: Path) -> None:
        handle = FolderStore().begin(example_order(results))
        handle.append(example_samples(5))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            del handle
            gc.collect()
        assert caught == []
