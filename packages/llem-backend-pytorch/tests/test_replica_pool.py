"""Processes that are told what to do: what they answer, and what becomes of all when one fails."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from llem_backend_pytorch.replica_pool import ReplicaPool
from llem_backend_pytorch.replica_process import ReplicaProcess, replica_command
from llem_contracts import BackendError, NotSupported

SCRIPTED = Path(__file__).with_name("scripted_replica.py")
GUARD_S = 30.0
GENERATE = {"do": "generate", "requests": [[4, [1]], [5, [1, 2]]]}


def scripted(*scripts, device="cpu", patience_s=300.0):
    """A pool of processes, each with its script."""
    start = [
        partial(
            ReplicaProcess,
            number,
            (sys.executable, "-S", "-E", str(SCRIPTED), json.dumps(script)),
            {},
        )
        for number, script in enumerate(scripts)
    ]
    devices = [device if device == "cpu" else f"cuda:{n}" for n in range(len(scripts))]
    return ReplicaPool(start, devices, patience_s=patience_s)


def lives(pid):
    """Whether a process is there and has not ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_until_gone(*pids):
    deadline_s = time.monotonic() + GUARD_S
    while any(map(lives, pids)):
        assert time.monotonic() < deadline_s, "a process lives on"
        time.sleep(0.01)


def failure(*scripts, order=GENERATE, to=1, kind=BackendError, **options):
    """What a pool raises when one of its processes does what its script says; all are gone then."""
    pool = scripted(*scripts, **options)
    pids = [process.pid for process in pool._processes]
    with pytest.raises(kind) as caught:
        pool.ask({to: order} if to is not None else dict.fromkeys(range(len(scripts)), order))
    assert not any(map(lives, pids))
    assert caught.value.cure
    with pytest.raises(BackendError, match="unloaded"):
        pool.ask({0: order})
    return caught.value


class TestOrders:
    def test_answers_come_by_the_number_of_the_process(self):
        pool = scripted({}, {})
        orders = {0: {"do": "a"}, 1: {"do": "b"}}
        assert pool.ask(orders) == orders
        assert pool.ask_all("c") == [{"do": "c"}] * 2
        pool.close()

    def test_progress_is_told_with_the_number_of_the_process(self):
        told = []
        pool = scripted({}, {"generate": "tell"})
        pool.ask({1: GENERATE}, lambda *progress: told.append(progress))
        pool.close()
        assert told == [(1, 1), (1, 2)]

    def test_orders_and_answers_larger_than_a_pipe_go_through(self):
        large = {"do": "a", "tokens": list(range(200_000))}
        pool = scripted({}, {})
        assert pool.ask({0: large, 1: large}) == {0: large, 1: large}
        pool.close()


class TestLostProcess:
    def test_that_was_killed_is_named_with_the_requests_that_are_lost(self):
        error = failure({}, {"generate": "die"})
        assert str(error) == (
            "process 1 on cpu was killed by SIGKILL, while it generated; the requests 4, 5 are lost"
        )
        assert "memory" in error.cure
        assert "pytorch.num_processes" in error.cure

    def test_many_lost_requests_are_named_in_part(self):
        order = {"do": "generate", "requests": [[index, [1]] for index in range(13)]}
        error = failure({"generate": "die"}, order=order, to=0)
        assert str(error).endswith("the requests 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more are lost")

    def test_that_ended_is_told_with_what_it_said_last(self):
        error = failure({}, {"load": "end"}, order={"do": "load"}, to=None)
        assert str(error) == (
            "process 1 on cpu ended with code 3: last words, while it loaded the model"
        )

    @pytest.mark.parametrize("doing", ["load", "generate"])
    def test_that_hangs_is_given_up(self, doing):
        error = failure({}, {doing: "hang"}, order=GENERATE | {"do": doing}, patience_s=0.4)
        assert "process 1 on cpu hangs: it has done nothing for 0.4 s" in str(error)

    def test_that_speaks_nonsense_is_told(self):
        assert "no message" in str(failure({"generate": "babble"}, to=0))

    def test_that_cannot_be_started_ends_those_that_were(self):
        started = []

        def first():
            started.append(scripted({})._processes[0])
            return started[0]

        second = partial(ReplicaProcess, 1, ("/nowhere/python",), {})
        with pytest.raises(BackendError, match="process 1 cannot be started"):
            ReplicaPool([first, second], ["cpu", "cpu"])
        assert not lives(started[0].pid)


class TestRaisedError:
    def error(self, kind):
        data = {"kind": kind, "message": "no room on cuda:0", "cure": "Take less."}
        return {"generate": {"error": data}}

    def test_keeps_its_words_and_its_cure_and_says_where(self):
        error = failure({}, self.error("BackendError"))
        assert str(error) == "process 1 on cpu: no room on cpu"
        assert error.cure == "Take less."

    def test_names_the_device_as_the_run_calls_it(self):
        error = failure({}, self.error("UnusableModel"), device="cuda")
        assert str(error) == "process 1 on cuda:1: no room on cuda:1"

    def test_keeps_its_type(self):
        failure(self.error("NotSupported"), to=0, kind=NotSupported)


class TestEnd:
    def test_comes_to_what_a_process_has_started_too(self):
        pool = scripted({"breed": "breed"})
        child = pool.ask({0: {"do": "breed"}})[0]
        assert lives(child)
        pool.close()
        wait_until_gone(child)

    def test_comes_when_the_run_is_interrupted_while_it_waits(self):
        def interrupted(*_):
            raise KeyboardInterrupt

        pool = scripted({"generate": "tell"}, {})
        pids = [process.pid for process in pool._processes]
        with pytest.raises(KeyboardInterrupt):
            pool.ask({0: GENERATE}, interrupted)
        assert not any(map(lives, pids))


STARTS_A_REPLICA = """
import os, sys, time
from llem_backend_pytorch.replica_process import ReplicaProcess, replica_command

process = ReplicaProcess(0, replica_command(), {})
process.order({"do": "nothing"})
process.send()
while not process.take():
    time.sleep(0.01)
print(process.pid, flush=True)
if sys.argv[1] == "forked":
    os.fork()
time.sleep(60)
"""


class TestReplicaProcess:
    """The real one, before it has loaded anything: all that it can be told is an error."""

    @pytest.mark.parametrize("family", ["alone", "forked"])
    def test_ends_when_the_run_is_killed(self, family):
        """Also where a child that the run has forked keeps the pipe open."""
        run = subprocess.Popen(
            [sys.executable, "-c", STARTS_A_REPLICA, family],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        with run.stdout:
            pid = int(run.stdout.readline())
            assert lives(pid)
            run.kill()
            run.wait(GUARD_S)
            try:
                wait_until_gone(pid)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)

    def test_leaves_signals_that_ask_for_an_end_to_the_run(self):
        process = ReplicaProcess(0, replica_command(), {})

        def answer():
            process.order({"do": "nothing"})
            process.send()
            deadline_s = time.monotonic() + GUARD_S
            while not (messages := process.take()):
                assert messages is not None, process.ending()
                assert time.monotonic() < deadline_s
                time.sleep(0.01)
            return messages

        first = answer()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(process.pid, number)
        assert answer() == first
        process.kill()
        process.close()
        assert not lives(process.pid)
