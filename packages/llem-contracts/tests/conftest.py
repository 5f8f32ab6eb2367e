"""Distributions that exist on disk alone: real entry points, nothing installed."""

import importlib
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest


class Shelf:
    """A folder of distributions. Calling it gives the entry points of a group, as discovery asks.

    Modules made here carry a name that no other test uses and are forgotten afterwards.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix

    def module(self, name: str, source: str) -> str:
        """Write a module and return the name to import it by."""
        full_name = f"{self._prefix}_{name}"
        (self._folder / f"{full_name}.py").write_text(source)
        importlib.invalidate_caches()  # they go by the folder's time stamp, which is coarse
        return full_name

    def distribution(self, name: str, group: str, points: dict[str, str]) -> None:
        """Put a distribution of version 1.2 with these entry points on the shelf."""
        info = self._folder / f"{name.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        lines = [f"[{group}]", *(f"{point} = {value}" for point, value in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines))
        importlib.invalidate_caches()

    def __call__(self, group: str) -> Iterable[importlib.metadata.EntryPoint]:
        for distribution in importlib.metadata.distributions(path=[str(self._folder)]):
            yield from distribution.entry_points.select(group=group)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    prefix = f"shelf_{abs(hash(str(tmp_path)))}"
    monkeypatch.syspath_prepend(str(tmp_path))
    yield Shelf(tmp_path, prefix)
    for name in [name for name in sys.modules if name.startswith(prefix)]:
        del sys.modules[name]
