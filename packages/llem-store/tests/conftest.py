"""A run in a temporary results folder, on a clock that stands still."""

from pathlib import Path

import pytest
from llem_store import FolderStore
from llem_store.handle import FolderRunHandle
from llem_testing import FakeClock, example_order


@pytest.fixture
def store() -> FolderStore:
    return FolderStore(clock=FakeClock())


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def handle(store: FolderStore, results: Path) -> FolderRunHandle:
    return store.begin(example_order(results))
