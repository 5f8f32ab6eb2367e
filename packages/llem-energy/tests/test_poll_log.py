"""Passes come out of a log whole, in order and once; a torn one counts as not written."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import fields

import pytest
from hypothesis import given, settings, strategies as st
from llem_energy.poll import BoardState, Poll
from llem_energy.poll_log import Layout, PassReader, PassWriter
from llem_energy.throttling import CUMULATIVE_FIELDS

WHOLE = st.none() | st.integers(0, 2**63 - 1)
REAL = st.none() | st.floats(allow_nan=False)
STATE_FIELDS = {
    "temperature_c": REAL,
    "sm_clock_mhz": REAL,
    "memory_clock_mhz": REAL,
    "performance_state": WHOLE,
    "throttle_bits": WHOLE,
    "other_processes": WHOLE,
    "throttled_ns": st.none() | st.tuples(*[WHOLE] * len(CUMULATIVE_FIELDS)),
}
POLL_FIELDS = {
    "at_ns": st.integers(0, 2**63 - 1),
    "half_ns": st.integers(0, 2**40),
    "energy_j": REAL,
    "instant_w": REAL,
    "average_w": REAL,
    "state": st.none() | st.builds(BoardState, **STATE_FIELDS),
    "lost": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
}
POLLS = st.builds(Poll, **POLL_FIELDS)


class Log:
    """A log with both its ends in this process."""

    def __init__(self, devices: int = 1, slots: int = 8) -> None:
        self.layout = Layout(devices, slots)
        with tempfile.TemporaryFile() as file:
            self.file = os.dup(file.fileno())
        self.reader = PassReader(self.file, self.layout)
        self.writer = PassWriter(self.file)

    def write(self, *instants_ns: int) -> None:
        for at_ns in instants_ns:
            self.write_polls([Poll(at_ns)] * self.layout.devices)

    def write_polls(self, *passes: Sequence[Poll]) -> None:
        for polls in passes:
            self.writer.append(polls)
        self.writer.flush()

    def read(self) -> list[tuple[int, int]]:
        """Number and instant of each new pass."""
        return [(number, polls[0].at_ns) for number, polls in self.reader.passes()]


@pytest.fixture
def log() -> Iterator[Log]:
    log = Log()
    yield log
    os.close(log.file)


class TestRecord:
    def test_every_field_is_tried(self) -> None:
        assert set(POLL_FIELDS) == {field.name for field in fields(Poll)}
        assert set(STATE_FIELDS) == {field.name for field in fields(BoardState)}

    @settings(deadline=None, max_examples=50)
    @given(passes=st.lists(st.tuples(POLLS, POLLS), max_size=5))
    def test_polls_come_out_as_they_went_in(self, passes: list[tuple[Poll, Poll]]) -> None:
        log = Log(devices=2)
        log.write_polls(*passes)
        read = [polls for _, polls in log.reader.passes()]
        os.close(log.file)
        assert read == passes

    def test_a_long_reason_is_cut_and_keeps_its_beginning(self, log: Log) -> None:
        log.write_polls([Poll(1, lost="the GPU has fallen off the bus; " + "ü" * 200)])
        ((_, (poll,)),) = log.reader.passes()
        assert poll.lost is not None
        assert poll.lost.startswith("the GPU has fallen off the bus; üü")

    def test_a_reason_that_is_no_text_does_not_stop_the_log(self, log: Log) -> None:
        log.write_polls([Poll(1, lost="gone \udcff")])
        ((_, (poll,)),) = log.reader.passes()
        assert poll.lost == "gone ?"

    def test_a_number_that_no_driver_means_counts_as_not_read(self, log: Log) -> None:
        log.write_polls([Poll(1, state=BoardState(throttle_bits=2**64 - 1))])
        ((_, (poll,)),) = log.reader.passes()
        assert poll.state == BoardState()


class TestOrder:
    def test_what_is_kept_reaches_the_log_with_the_next_flush(self, log: Log) -> None:
        log.writer.append([Poll(10)])
        log.writer.append([Poll(20)])
        assert log.read() == []
        log.writer.flush()
        log.writer.flush()
        assert log.read() == [(1, 10), (2, 20)]

    def test_each_pass_is_given_once(self, log: Log) -> None:
        assert log.read() == []
        log.write(10, 20)
        assert log.read() == [(1, 10), (2, 20)]
        assert log.read() == []
        log.write(30)
        assert log.read() == [(3, 30)]

    def test_the_log_goes_round_without_loss_while_it_is_read(self, log: Log) -> None:
        seen = []
        for number in range(1, 100):
            log.write(number)
            if number % 5 == 0:
                seen += log.read()
        assert seen == [(number, number) for number in range(1, 96)]

    def test_a_reader_that_was_lapped_goes_on_with_numbers_missing(self, log: Log) -> None:
        log.write(*range(1, 101))
        first, *others = log.read()
        assert first[0] > 1
        assert [number for number, _ in others] == list(range(first[0] + 1, 101))
        log.write(101)
        assert log.read() == [(101, 101)]

    def test_a_size_holds_as_many_passes_as_fit(self) -> None:
        layout = Layout.filling(2**20, devices=3)
        assert layout.offset(layout.slots - 1) + layout.slot_bytes <= 2**20
        assert Layout(3, layout.slots + 1).offset(layout.slots) + layout.slot_bytes > 2**20


class TestTornPass:
    @settings(deadline=None, max_examples=50)
    @given(st.data())
    def test_counts_as_not_written_wherever_it_is_torn(self, data: st.DataObject) -> None:
        log = Log(devices=2)
        log.write(1, 2)
        place = log.layout.offset(3)
        log.write_polls([Poll(3, energy_j=1.5, state=BoardState(40.0)), Poll(4, lost="gone")])
        whole = os.pread(log.file, log.layout.slot_bytes, place)
        kept = data.draw(st.integers(0, len(whole.rstrip(b"\0")) - 1), label="bytes kept")
        before = data.draw(st.sampled_from([b"\0", b"\xff"]), label="what was there")
        os.pwrite(log.file, whole[:kept] + before * (len(whole) - kept), place)
        assert log.read() == [(1, 1), (2, 2)]
        os.pwrite(log.file, whole, place)
        assert log.read() == [(3, 3)]
        os.close(log.file)

    def test_over_an_older_one_counts_as_not_written(self, log: Log) -> None:
        log.write(*range(1, 9))
        assert len(log.read()) == 8
        place = log.layout.offset(9)
        older = os.pread(log.file, log.layout.slot_bytes, place)
        log.write(9)
        newer = os.pread(log.file, log.layout.slot_bytes, place)
        os.pwrite(log.file, newer[:16] + older[16:], place)
        assert log.read() == []


class TestHeader:
    @pytest.mark.parametrize("content", [b"", b"llempoll", b"llempoll\xff" + b"\0" * 15, b"?" * 24])
    def test_another_file_or_version_is_refused(self, content: bytes) -> None:
        with tempfile.TemporaryFile() as file:
            os.pwrite(file.fileno(), content, 0)
            with pytest.raises(ValueError, match="no log of polls"):
                PassWriter(file.fileno())

    def test_a_pass_over_other_devices_is_refused(self, log: Log) -> None:
        with pytest.raises(ValueError, match="2 polls in a log of 1"):
            log.write_polls([Poll(1), Poll(1)])
