"""What a catalogue remembers of files that it has read, so that it need not read them again.

The index lies in the user's cache: results may be read-only, belong to somebody else or be kept
under version control. It is believed only where a file is to the nanosecond the one that was read,
and losing it costs time alone.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from llem_contracts import CatalogueEntry

FORMAT = 1
SETTLED_NS = 2_000_000_000
"""A file that changed less than this before it was read is not remembered: a second change within
the same tick of the file system's clock would look like none."""

_COLUMNS = tuple(field.name for field in dataclasses.fields(CatalogueEntry) if field.name != "path")
_MOMENTS = tuple(_COLUMNS.index(name) for name in ("started_at", "ended_at"))
_TUPLES = tuple(_COLUMNS.index(name) for name in ("devices", "warnings"))

Fingerprint = tuple[int, int, int, int]


def fingerprint(status: os.stat_result) -> Fingerprint:
    """Four numbers, of which every change of a file changes at least one."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a document said when it was this one."""

    fingerprint: Fingerprint
    values: tuple[Any, ...]
    """Of the entry's fields without `path`, in their order."""

    @classmethod
    def of(cls, status: os.stat_result, entry: CatalogueEntry) -> "Remembered":
        """An entry, with the document that it was read from."""
        return cls(fingerprint(status), tuple(getattr(entry, name) for name in _COLUMNS))

    def entry(self, path: Path) -> CatalogueEntry:
        """The entry again."""
        return CatalogueEntry(path, *self.values)


class CatalogueIndex:
    """The memory of one folder, in a file of the cache; several processes may use it at once."""

    def __init__(self, cache_dir: Path, root: Path) -> None:
        self._root = os.path.realpath(root)
        name = hashlib.sha256(os.fsencode(self._root)).hexdigest()[:24]
        self.path = cache_dir / "catalogue" / f"{name}.json"

    def read(self) -> dict[str, Remembered]:
        """By document, relative to the folder; empty where there is no index that can be trusted:
        none at all, a damaged one, or one that other versions of llem wrote."""
        try:
            head, body = self.path.read_bytes().split(b"\n", 1)
            if json.loads(head) != self._head(body):
                return {}
            rows = json.loads(body)
        except (OSError, ValueError, RecursionError):
            return {}
        return {row[0]: Remembered(tuple(row[1]), _values(row[2])) for row in rows}

    def write(self, remembered: Mapping[str, Remembered]) -> None:
        """Take the place of what was there, whole or not at all. Does nothing where it cannot."""
        rows = [[name, one.fingerprint, one.values] for name, one in remembered.items()]
        body = json.dumps(rows, separators=(",", ":"), default=datetime.isoformat).encode()
        head = json.dumps(self._head(body)).encode()
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A name of its own: another process may be writing the same index.
            descriptor, temporary = tempfile.mkstemp(".tmp", self.path.stem, self.path.parent)
            try:
                with open(descriptor, "wb") as file:  # noqa: PTH123
                    file.write(head + b"\n" + body)
                Path(temporary).replace(self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()
                raise

    def _head(self, body: bytes) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "root": self._root,
            "columns": list(_COLUMNS),
            "readers": {name: metadata.version(name) for name in ("llem-schema", "llem-store")},
            "crc32": zlib.crc32(body),
        }


def _values(row: list[Any]) -> tuple[Any, ...]:
    for position in _MOMENTS:
        if row[position] is not None:
            row[position] = datetime.fromisoformat(row[position])
    for position in _TUPLES:
        if row[position] is not None:
            row[position] = tuple(row[position])
    return tuple(row)
