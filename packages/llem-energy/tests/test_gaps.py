"""Windows around a time in which nobody polled, on boards whose true energy is known."""

from typing import Any

import pytest


class Interrupted:
    """A session whose sampler dies and, with the next window, is followed by another."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.session = machine.meter.open(machine.uuids)
        machine.work(2.0, 50.0)

    def window(self, seconds: float, watts: float) -> tuple[Any, float]:
        """A closed window and its true joules."""
        window = self.session.begin("work")
        true_j = self.machine.work(seconds, watts)
        window.end()
        return window, true_j

    def die(self) -> None:
        self.machine.sampler.recording.stop("the sampler was killed")
        self.machine.sampler = None


@pytest.fixture
def interrupted(make_machine: Any) -> Interrupted:
    return Interrupted(make_machine(("H100", "H100")))


class TestGap:
    def test_costs_the_window_over_it_alone(self, interrupted: Interrupted) -> None:
        machine = interrupted.machine
        earlier, earlier_j = interrupted.window(2.0, 500.0)
        machine.work(2.5, 50.0)
        over = interrupted.session.begin("over")
        machine.work(1.0, 500.0)
        interrupted.die()
        machine.work(1.0, 500.0)
        later, later_j = interrupted.window(2.0, 500.0)
        over.end()
        machine.work(2.5, 50.0)
        assert earlier.reading().energy_j == pytest.approx(earlier_j, rel=0.02)
        assert later.reading().energy_j == pytest.approx(later_j, rel=0.02)
        reading = over.reading()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "the sampler was killed" in reading.reason

    def test_the_next_window_waits_for_what_its_start_is_carried_from(
        self, interrupted: Interrupted
    ) -> None:
        interrupted.die()
        interrupted.machine.work(1.0, 50.0)
        before_ns = interrupted.machine.clock.now_ns
        window = interrupted.session.begin("after")
        assert window.start_ns - before_ns > 300_000_000

    def test_a_window_whose_end_it_follows_does_not_wait_for_the_other_side(
        self, interrupted: Interrupted
    ) -> None:
        machine = interrupted.machine
        window, _ = interrupted.window(2.0, 500.0)
        interrupted.die()
        machine.work(1.0, 50.0)
        interrupted.session.begin("after")
        before_ns = machine.clock.now_ns
        window.reading()
        assert machine.clock.now_ns - before_ns < 100_000_000
