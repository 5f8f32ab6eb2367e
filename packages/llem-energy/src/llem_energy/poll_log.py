"""Passes over the devices, on their way from the process that polls to the one that reads them.

A file of fixed size, made by the reader:

    header | slot 0 | slot 1 | ... | slot n-1

Pass number k, counted from 1, lies in slot k mod n: a checksum, the number, and one record of
fixed size for each device. The writer waits for nobody and overwrites the oldest passes; a reader
that comes too late sees by the numbers that some are missing. A slot whose checksum does not fit
is just being written, or its writer died over it: it counts as not written. What has been written
outlives its writer.

Numbers are little-endian; NaN, and -1 in whole numbers, stand for what was not read.
"""

import math
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from llem_energy.poll import BoardState, Poll
from llem_energy.throttling import CUMULATIVE_FIELDS

_MAGIC = b"llempoll"
_VERSION = 2
_HEADER = struct.Struct("<8sIIQ")
"""Magic, version, devices, slots."""
_CHECKSUM = struct.Struct("<I4x")
_NUMBER = struct.Struct("<Q")
_REASONS = len(CUMULATIVE_FIELDS)
_QUICK = struct.Struct("<qqdddB7x")
"""Instant, half width, energy, two powers, marks."""
_SLOW = struct.Struct(f"<dddqqq{_REASONS}q80s")
"""Temperature, two clocks, performance state, throttle bits, other processes, time under each
throttle reason; why the device is lost."""
_POLL = struct.Struct(_QUICK.format + _SLOW.format.removeprefix("<"))
_NOTHING_SLOW = bytes(_SLOW.size)
_HAS_STATE, _HAS_THROTTLED, _IS_LOST = 1, 2, 4
_NO_STATE = BoardState()
_NAN = math.nan
_LARGEST = 2**63 - 1
_READ_SLOTS = 128


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie in a log."""

    devices: int
    slots: int

    @classmethod
    def filling(cls, size_bytes: int, devices: int) -> "Layout":
        """As many slots as the size holds."""
        return cls(devices, max(2, (size_bytes - _HEADER.size) // cls(devices, 1).slot_bytes))

    @property
    def slot_bytes(self) -> int:
        return _CHECKSUM.size + _NUMBER.size + self.devices * _POLL.size

    def offset(self, number: int) -> int:
        """Where the pass of this number begins."""
        return _HEADER.size + number % self.slots * self.slot_bytes


class PassWriter:
    """Puts passes into a log, as the sink of a polling loop; several at once, which is cheaper."""

    def __init__(self, file: int) -> None:
        """`file`: descriptor of a log that a reader has made. Raises `ValueError` for another."""
        self._file = file
        self._layout = _read_header(file)
        self._number = 0
        self._kept: list[Sequence[Poll]] = []

    def append(self, polls: Sequence[Poll]) -> None:
        """Keep a pass until the next `flush`."""
        self._kept.append(polls)

    def flush(self) -> None:
        """Write what was kept. Raises `ValueError` for a pass over more or fewer devices."""
        for polls in self._kept:
            if len(polls) != self._layout.devices:
                raise ValueError(f"{len(polls)} polls in a log of {self._layout.devices} devices")
            self._number += 1
            numbered = _NUMBER.pack(self._number) + b"".join(map(_encode, polls))
            checksum = _CHECKSUM.pack(zlib.adler32(numbered))
            os.pwrite(self._file, checksum + numbered, self._layout.offset(self._number))
        self._kept.clear()


class PassReader:
    """Makes a log and takes the passes out of it, each once."""

    def __init__(self, file: int, layout: Layout) -> None:
        """`file`: descriptor of an empty file, open for reading and writing."""
        os.pwrite(file, _HEADER.pack(_MAGIC, _VERSION, layout.devices, layout.slots), 0)
        self._file = file
        self._layout = layout
        self._next = 1

    def passes(self) -> Iterator[tuple[int, tuple[Poll, ...]]]:
        """Number and polls of each pass that has been written and was not given yet, in order.

        A number that is missing was overwritten before it was read.
        """
        while chunk := self._chunk():
            for slot in chunk:
                checked = _check(slot)
                if checked is None or checked[0] < self._next:
                    return
                number, records = checked
                if number > self._next:  # lapped: go on a good way before the writer
                    self._next = number - self._layout.slots * 3 // 4
                    break
                self._next += 1
                yield number, tuple(map(_decode, _POLL.iter_unpack(records)))

    def _chunk(self) -> list[memoryview]:
        """The next slots as they are now, as far as they lie in one piece."""
        size = self._layout.slot_bytes
        wanted = min(_READ_SLOTS, self._layout.slots - self._next % self._layout.slots)
        content = os.pread(self._file, wanted * size, self._layout.offset(self._next))
        whole = memoryview(content)[: len(content) // size * size]
        return [whole[start : start + size] for start in range(0, len(whole), size)]


def _read_header(file: int) -> Layout:
    content = os.pread(file, _HEADER.size, 0)
    if len(content) == _HEADER.size:
        magic, version, devices, slots = _HEADER.unpack(content)
        if (magic, version) == (_MAGIC, _VERSION):
            return Layout(devices, slots)
    raise ValueError("this is no log of polls, or one of another version of llem-energy")


def _check(slot: memoryview) -> tuple[int, memoryview] | None:
    """Number and records of a slot; None where it does not hold a whole pass."""
    (checksum,) = _CHECKSUM.unpack_from(slot)
    numbered = slot[_CHECKSUM.size :]
    if zlib.adler32(numbered) != checksum:
        return None
    return _NUMBER.unpack_from(numbered)[0], numbered[_NUMBER.size :]


def _encode(poll: Poll) -> bytes:
    """A record. Nearly all polls have no slow part, and this runs many times a second."""
    marks, slow = 0, _NOTHING_SLOW
    if poll.state is not None or poll.lost is not None:
        marks, slow = _encode_slow(poll.state or _NO_STATE, poll)
    energy_j, instant_w, average_w = poll.energy_j, poll.instant_w, poll.average_w
    quick = _QUICK.pack(
        poll.at_ns,
        poll.half_ns,
        _NAN if energy_j is None else energy_j,
        _NAN if instant_w is None else instant_w,
        _NAN if average_w is None else average_w,
        marks,
    )
    return quick + slow


def _encode_slow(state: BoardState, poll: Poll) -> tuple[int, bytes]:
    """Marks and slow part of a record."""
    marks = (
        (_HAS_STATE if poll.state is not None else 0)
        | (_HAS_THROTTLED if state.throttled_ns is not None else 0)
        | (_IS_LOST if poll.lost is not None else 0)
    )
    slow = _SLOW.pack(
        _real(state.temperature_c),
        _real(state.sm_clock_mhz),
        _real(state.memory_clock_mhz),
        _whole(state.performance_state),
        _whole(state.throttle_bits),
        _whole(state.other_processes),
        *map(_whole, state.throttled_ns or (None,) * _REASONS),
        (poll.lost or "").encode(errors="replace"),
    )
    return marks, slow


def _decode(record: tuple[Any, ...]) -> Poll:
    at_ns, half_ns, energy_j, instant_w, average_w, marks, *slow, reason = record
    return Poll(
        at_ns=at_ns,
        half_ns=half_ns,
        energy_j=_real_or_none(energy_j),
        instant_w=_real_or_none(instant_w),
        average_w=_real_or_none(average_w),
        state=_state(marks, slow) if marks & _HAS_STATE else None,
        lost=reason.rstrip(b"\0").decode(errors="ignore") if marks & _IS_LOST else None,
    )


def _state(marks: int, slow: Sequence[float]) -> BoardState:
    temperature_c, sm_clock_mhz, memory_clock_mhz, performance_state, bits, others, *held = slow
    return BoardState(
        temperature_c=_real_or_none(temperature_c),
        sm_clock_mhz=_real_or_none(sm_clock_mhz),
        memory_clock_mhz=_real_or_none(memory_clock_mhz),
        performance_state=_whole_or_none(performance_state),
        throttle_bits=_whole_or_none(bits),
        throttled_ns=tuple(map(_whole_or_none, held)) if marks & _HAS_THROTTLED else None,
        other_processes=_whole_or_none(others),
    )


def _real(value: float | None) -> float:
    return _NAN if value is None else value


def _real_or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _whole(value: int | None) -> int:
    """A number that a driver cannot mean counts as not read."""
    return value if value is not None and 0 <= value <= _LARGEST else -1


def _whole_or_none(value: float) -> int | None:
    return None if value < 0 else int(value)
