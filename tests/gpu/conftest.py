"""Tests of this folder need an NVIDIA GPU; without one they are skipped, with the reason."""

from collections.abc import Iterator
from pathlib import Path

import llem_energy
import pytest
from llem_schema import AcceleratorFacts
from llem_testing.process import Command, isolated

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here, and skip it where no GPU is visible."""
    ours = [item for item in items if HERE in item.path.parents]
    if not ours:
        return
    visible = any(isinstance(facts, AcceleratorFacts) for facts in llem_energy.devices())
    for item in ours:
        item.add_marker(pytest.mark.gpu)
        if not visible:
            item.add_marker(pytest.mark.skip(reason="no NVIDIA GPU is visible"))


@pytest.fixture
def llem(tmp_path: Path) -> Iterator[Command]:
    """The command in an empty folder."""
    with isolated(tmp_path) as command:
        yield command
