"""Tables that grow while a run lasts, as Arrow IPC streams.

A stream that is cut anywhere gives back every whole batch, which a Parquet file without its footer
does not.
"""

import contextlib
import os
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa


class TableStream:
    """Appends batches to a file; each is with the operating system when `append` returns.

    So what was appended survives the death of the process, at any instant. A stream that nobody
    holds any more lets go of its file.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.schema = schema
        self._file = path.open("xb", buffering=0)
        weakref.finalize(self, self._file.close)
        try:
            self._write(schema.serialize())
        except BaseException:
            self._file.close()
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    def append(self, batch: pa.RecordBatch) -> None:
        """Add a batch: all of it or, when the write fails, nothing. Raises `OSError`."""
        self._write(batch.serialize())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, message: pa.Buffer) -> None:
        start = self._file.tell()
        rest = memoryview(message)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException:
            # Half a message would hide every later one from readers.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file.fileno(), start)
                self._file.seek(start)
            raise


def read_batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The whole batches of a stream; a torn end is left out. Raises `OSError` without the file."""
    with path.open("rb") as source, contextlib.suppress(StopIteration, pa.ArrowInvalid, OSError):
        # Arrow reports a torn message as ArrowInvalid or OSError, by the part that is missing.
        reader = pa.ipc.open_stream(source)
        while True:
            yield reader.read_next_batch()
