"""Sampler processes as they are: what ends them, what does not, and what they leave behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llem_energy.poll import Poll
from llem_energy.sampler_child import SamplerChild, SamplerUnavailable
from llem_energy.sampler_process import FLUSH_EVERY_NS
from llem_testing.family import MARK, Family

GUARD_S = 20.0
PERIOD_S = 0.005

SENSORS = """
import sys, time
from llem_energy.poll import Poll

class Board:
    def __init__(self, device, polls=10**9, chatter=""):
        self.device, self.polls, self.chatter, self.seen = device, polls, chatter, 0

    def poll(self):
        print(self.chatter, file=sys.stderr, flush=True)
        self.seen += 1
        if self.seen > self.polls:
            raise ValueError(f"nonsense from {self.device}")
        return Poll(at_ns=time.monotonic_ns(), energy_j=float(self.seen))

def sound(devices):
    return [Board(device) for device in devices]

def talkative(devices):
    return [Board(device, chatter="x" * 10_000) for device in devices]

def breaking(devices):
    return [Board(device, polls=3) for device in devices]

def without_driver(devices):
    raise OSError("there is no driver for " + ", ".join(devices))

def unspeakable(devices):
    raise OSError("no driver \\udcff")

def stuck(devices):
    time.sleep(60)

def deaf(devices):
    class Deaf(Board):
        def poll(self):
            time.sleep(60 if self.seen else 0)
            return super().poll()
    return [Deaf(device) for device in devices]
"""

PARENT = """
import os, sys, time
from llem_energy.sampler_child import SamplerChild

child = SamplerChild("board_sensors:sound", ["a"], 0.005)
{body}
print("up", flush=True)
time.sleep(60)
"""

FORKED_CHILD_LIVES = """
if os.fork() == 0:
    time.sleep(60)
"""

FORKED_CHILD_ENDS = """
forked = os.fork()
if forked == 0:
    sys.exit()
os.waitpid(forked, 0)
list(child.passes())
deadline_s = time.monotonic() + 20
while not list(child.passes()):
    assert child.failure() is None
    assert time.monotonic() < deadline_s
"""

Start = Callable[..., SamplerChild]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a sampler process on sensors of the module that is found through `sys.path` alone."""
    (tmp_path / "board_sensors.py").write_text(SENSORS)
    monkeypatch.syspath_prepend(str(tmp_path))
    children = []

    def start(sensors: str = "sound", **named: Any) -> SamplerChild:
        child = SamplerChild(f"board_sensors:{sensors}", ["a", "b"], PERIOD_S, **named)
        children.append(child)
        return child

    yield start
    for child in children:
        child.close()


def next_passes(child: SamplerChild) -> list[tuple[int, tuple[Poll, ...]]]:
    """Wait for passes that were not given before."""
    deadline_s = time.monotonic() + GUARD_S
    while not (passes := list(child.passes())):
        assert child.failure() is None
        assert time.monotonic() < deadline_s
        time.sleep(PERIOD_S)
    return passes


def failure_of(child: SamplerChild) -> str:
    """Wait until the process has ended; why it has."""
    deadline_s = time.monotonic() + GUARD_S
    while (failure := child.failure()) is None:
        assert time.monotonic() < deadline_s
        time.sleep(PERIOD_S)
    return failure


class TestPolling:
    def test_passes_over_all_devices_arrive_in_order(self, start: Start) -> None:
        before_ns = time.monotonic_ns()
        child = start()
        passes = next_passes(child)
        while len(passes) < 5:
            passes += next_passes(child)
        after_ns = time.monotonic_ns()
        assert [number for number, _ in passes] == list(range(1, len(passes) + 1))
        instants_ns = [poll.at_ns for _, polls in passes for poll in polls]
        assert instants_ns == sorted(instants_ns)
        assert before_ns < instants_ns[0] < instants_ns[-1] < after_ns
        counts = [[poll.energy_j for poll in polls] for _, polls in passes]
        assert counts == [[float(n), float(n)] for n in range(1, len(passes) + 1)]

    def test_end_leaves_what_was_polled(self, start: Start) -> None:
        child = start()
        time.sleep(10 * PERIOD_S)
        child.end()
        assert child.failure() is not None
        assert len(list(child.passes())) > 1
        assert list(child.passes()) == []

    def test_several_processes_do_not_mix(self, start: Start) -> None:
        first, second = start(), start()
        assert first.pid != second.pid
        first.end()
        list(second.passes())
        assert next_passes(second)

    def test_a_driver_that_hangs_does_not_hold_the_caller(self, start: Start) -> None:
        child = start("deaf")
        time.sleep(0.1)  # it is in its second pass now
        before_s = time.monotonic()
        child.end()
        assert time.monotonic() - before_s < GUARD_S
        assert "SIGKILL" in failure_of(child)
        assert len(list(child.passes())) == 1

    def test_a_talkative_driver_neither_stops_it_nor_is_heard(
        self, start: Start, capfd: pytest.CaptureFixture[str]
    ) -> None:
        child = start("talkative")
        passes = 0
        while passes < 20:
            passes += len(next_passes(child))
        assert capfd.readouterr() == ("", "")


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_that_ask_to_end_are_not_heeded(self, start: Start, number: signal.Signals) -> None:
        child = start()
        os.kill(child.pid, number)
        list(child.passes())
        assert next_passes(child)

    def test_of_the_terminal_do_not_reach_it(self, start: Start) -> None:
        child = start()
        assert os.getsid(child.pid) == os.getpgid(child.pid) == child.pid

    def test_a_kill_leaves_what_was_polled_and_its_name(self, start: Start) -> None:
        child = start()
        time.sleep(3 * FLUSH_EVERY_NS / 1e9)
        os.kill(child.pid, signal.SIGKILL)
        assert failure_of(child) == "the sampler process was killed by SIGKILL"
        assert len(list(child.passes())) > 1


class TestFailure:
    def test_to_open_the_sensors_is_told_at_the_start(self, start: Start) -> None:
        with pytest.raises(SamplerUnavailable, match="OSError: there is no driver for a, b"):
            start("without_driver")

    def test_is_told_also_where_it_is_no_text(self, start: Start) -> None:
        with pytest.raises(SamplerUnavailable, match=r"OSError: no driver \?"):
            start("unspeakable")

    def test_to_find_them_is_told_at_the_start(self, start: Start) -> None:
        with pytest.raises(SamplerUnavailable, match=r"PluginError: .*board_sensors:nothing"):
            start("nothing")

    def test_to_begin_in_time_is_told(self, start: Start) -> None:
        with pytest.raises(SamplerUnavailable, match=r"no pass within 0\.5 s"):
            start("stuck", timeout_s=0.5)

    def test_while_polling_is_the_reason_and_leaves_the_passes_before(
        self, start: Start, capfd: pytest.CaptureFixture[str]
    ) -> None:
        child = start("breaking")
        assert failure_of(child).endswith("failed: ValueError: nonsense from a")
        assert len(list(child.passes())) == 3
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false", "/dev/null", "", None])
    def test_to_start_an_interpreter_is_told(self, start: Start, python: str | None) -> None:
        with pytest.raises(SamplerUnavailable):
            start(python=python)

    def test_leaves_no_descriptor_open(self, start: Start) -> None:
        start()  # whatever opens something once and for all has done so now
        before = len(list(Path("/proc/self/fd").iterdir()))
        for sensors in ("without_driver", "nothing"):
            with pytest.raises(SamplerUnavailable):
                start(sensors)
        with pytest.raises(SamplerUnavailable):
            start(python="/nowhere/python")
        assert len(list(Path("/proc/self/fd").iterdir())) == before


class TestParent:
    """Another process is the parent, so that it can be killed."""

    @pytest.fixture
    def run(self, tmp_path: Path, start: Start) -> Iterator[Callable[[str], tuple[int, Family]]]:
        """Runs a parent with a sampler; gives its process id and its family."""
        processes = []
        families = []

        def run(body: str) -> tuple[int, Family]:
            mark = uuid.uuid4().hex
            process = subprocess.Popen(
                [sys.executable, "-c", PARENT.format(body=body)],
                env={**os.environ, "PYTHONPATH": str(tmp_path), MARK: mark},
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(process)
            families.append(Family(mark))
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            return process.pid, families[-1]

        yield run
        for family in families:
            family.kill()
        for process in processes:
            process.communicate()

    def test_that_is_killed_takes_it_along(self, run: Any) -> None:
        parent, family = run("")
        assert len(family.members()) == 2
        os.kill(parent, signal.SIGKILL)
        family.assert_gone(within_s=GUARD_S)

    def test_that_is_killed_takes_it_along_past_a_forked_child(self, run: Any) -> None:
        parent, family = run(FORKED_CHILD_LIVES)
        assert len(family.members()) == 3
        os.kill(parent, signal.SIGKILL)
        deadline_s = time.monotonic() + GUARD_S
        while any("sampler_process" in line for line in family.members().values()):
            assert time.monotonic() < deadline_s
            time.sleep(PERIOD_S)
        assert len(family.members()) == 1

    def test_whose_forked_child_ends_keeps_it(self, run: Any) -> None:
        _, family = run(FORKED_CHILD_ENDS)
        assert len(family.members()) == 2


class TestWeight:
    def test_it_imports_nothing_heavy(self) -> None:
        """What it imports is what a start waits for."""
        code = (
            "import sys, llem_energy.sampler_process, llem_energy.nvml_polling\n"
            "heavy = {'importlib.metadata', 'llem_schema', 'pydantic'} & set(sys.modules)\n"
            "assert not heavy, heavy"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
