"""What was polled: gaps told from spans in which nothing happened, and rows of the series."""

import pytest
from llem_contracts import Sample
from llem_energy import Recording
from llem_energy.poll import BoardState, Poll


@pytest.fixture
def recording() -> Recording:
    return Recording(["a", "b"], 1)


def record(recording: Recording, *instants_ns: int) -> None:
    for at_ns in instants_ns:
        recording.append([Poll(at_ns), Poll(at_ns + 1)])


class TestGap:
    def test_reaches_from_the_last_poll_to_the_next_in_every_trace(
        self, recording: Recording
    ) -> None:
        record(recording, 10, 20)
        recording.stop("killed")
        recording.resume()
        record(recording, 70, 80)
        spans = {
            uuid: [(gap.start_ns, gap.end_ns, gap.reason) for gap in trace.gaps]
            for uuid, trace in recording.traces.items()
        }
        assert spans == {"a": [(20, 70, "killed")], "b": [(21, 71, "killed")]}

    @pytest.mark.parametrize(
        ("start_ns", "end_ns", "found"),
        [(10, 20, False), (10, 21, True), (30, 40, True), (69, 90, True), (70, 90, False)],
    )
    def test_is_found_by_a_span_that_it_reaches_into(
        self, recording: Recording, start_ns: int, end_ns: int, found: bool
    ) -> None:
        record(recording, 10, 20)
        recording.interrupt("late")
        record(recording, 70)
        assert (recording.traces["a"].gap_between(start_ns, end_ns) is not None) is found

    def test_keeps_the_first_of_several_reasons(self, recording: Recording) -> None:
        record(recording, 10)
        recording.interrupt("killed")
        recording.interrupt("late")
        record(recording, 20)
        assert [gap.reason for gap in recording.traces["a"].gaps] == ["killed"]

    def test_there_is_none_before_the_first_poll_or_without_a_stop(
        self, recording: Recording
    ) -> None:
        recording.interrupt("nothing was there")
        recording.resume()
        record(recording, 10, 20)
        recording.resume()
        record(recording, 30)
        assert recording.traces["a"].gaps == []

    def test_ends_the_stop(self, recording: Recording) -> None:
        recording.stop("killed")
        recording.stop("something later")
        assert recording.stopped == "killed"
        recording.resume()
        assert recording.stopped is None


class TestSample:
    def state_of(self, recording: Recording, state: BoardState | None) -> Sample:
        recording.append([Poll(10, instant_w=50.0, state=state), Poll(11)])
        (sample, *_) = recording.samples([recording.traces["a"]], 0)
        return sample

    def test_carries_the_state_of_its_poll(self, recording: Recording) -> None:
        state = BoardState(40.0, 1980.0, 2619.0, 0, 0x4 | 0x20)
        assert self.state_of(recording, state) == Sample(
            10, "a", 50.0, None, 40.0, 1980.0, 2619.0, 0, ("sw_power_cap", "sw_thermal_slowdown")
        )

    def test_tells_no_reason_from_none_read(self, recording: Recording) -> None:
        assert self.state_of(recording, BoardState(throttle_bits=0)).throttle == ()
        assert self.state_of(Recording(["a", "b"], 1), None).throttle is None

    def test_leaves_out_idleness_and_settings(self, recording: Recording) -> None:
        assert self.state_of(recording, BoardState(throttle_bits=0x1 | 0x2)).throttle == ()
