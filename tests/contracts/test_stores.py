"""Every installed store keeps the contract."""

from pathlib import Path

from llem_contracts import Store
from llem_store import FolderStore
from llem_store.stream import read_batches
from llem_testing import FakeClock
from llem_testing.suites import StoreSuite


class TestFolderStore(StoreSuite):
    plugin = ("llem.stores", "folder")

    def make_store(self) -> Store:
        return FolderStore(FakeClock())

    def surviving_samples(self, folder: Path) -> int:
        import pyarrow.parquet as pq

        stream = folder / "timeseries.arrows"
        if stream.exists():
            return sum(batch.num_rows for batch in read_batches(stream))
        return int(pq.ParquetFile(folder / "timeseries.parquet").metadata.num_rows)

    def state_file(self, folder: Path) -> Path:
        return folder / "state.json"
