"""All replica processes of a run: told what to do, and waited for together."""

import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from llem_contracts import BackendError, LlemError

from llem_backend_pytorch.hanging import Watch, cpu_seconds
from llem_backend_pytorch.replica_messages import Message, error_of_data
from llem_backend_pytorch.replica_process import ReplicaProcess

PATIENCE_S = 300.0
"""A process that has work and does nothing for as long hangs."""

_LOOK_EVERY_S = 5.0
_NAMED = 10
"""Requests named in one message."""

Told = Callable[[int, int], None]
"""Handed the number of a process and how many requests it has done."""


class ReplicaPool:
    """The processes of one run. When one fails, all of them are ended: nothing can be measured
    with the rest."""

    def __init__(
        self,
        start: Sequence[Callable[[], ReplicaProcess]],
        devices: Sequence[str],
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`start` gives the processes, in their order; `devices` are their logical devices.

        Raises `BackendError` where one cannot be started.
        """
        self._devices = tuple(devices)
        self._patience_s = patience_s
        self._processes: list[ReplicaProcess] = []
        try:
            for begin in start:
                self._processes.append(begin())
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._devices)

    def ask_all(self, what: str) -> list[Any]:
        """Have every process do the same, and wait for all of them."""
        done = self.ask({number: {"do": what} for number in range(len(self))})
        return [done[number] for number in range(len(self))]

    def ask(self, orders: Mapping[int, Message], told: Told | None = None) -> dict[int, Any]:
        """Give orders to processes by their number, and wait for what each has to say.

        Raises what a process has raised, and `BackendError` for one that is lost, hangs, or was
        ended before.
        """
        if not self._processes:
            raise BackendError(
                "the model has been unloaded", cure="Generate inside the context of load()."
            )
        try:
            return self._asked(orders, told)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.close()
        self._processes = []

    def _asked(self, orders: Mapping[int, Message], told: Told | None) -> dict[int, Any]:
        done: dict[int, Any] = {}
        watches: dict[int, Watch] = {}
        look_s = min(_LOOK_EVERY_S, self._patience_s / 4)
        with selectors.DefaultSelector() as selector:
            for number, order in orders.items():
                process = self._processes[number]
                process.order(order)
                selector.register(process.stdout, selectors.EVENT_READ, process)
                selector.register(process.stdin, selectors.EVENT_WRITE, process)
                used = partial(cpu_seconds, process.pid)
                watches[number] = Watch(used, time.monotonic_ns, self._patience_s)
            look_ns = time.monotonic_ns()
            while len(done) < len(orders):
                for key, events in selector.select(look_s):
                    process = key.data
                    if events & selectors.EVENT_WRITE:
                        process.send()
                        if process.listens:
                            selector.unregister(process.stdin)
                        continue
                    messages = process.take()
                    if messages is None:
                        raise self._lost(process, process.ending(), orders[process.number])
                    for message in messages:
                        self._heard(process.number, message, done, told)
                if time.monotonic_ns() - look_ns >= look_s * 1e9:
                    look_ns = time.monotonic_ns()
                    for number, watch in watches.items():
                        if number not in done and watch.hangs():
                            how = f"hangs: it has done nothing for {self._patience_s:g} s"
                            raise self._lost(self._processes[number], how, orders[number])
        return done

    def _heard(
        self, number: int, message: Message, done: dict[int, Any], told: Told | None
    ) -> None:
        if "error" in message:
            raise self._raised(number, message["error"])
        if "done" in message:
            done[number] = message["done"]
        elif told is not None:
            told(number, message["progress"])

    def _raised(self, number: int, data: Message) -> LlemError:
        device = self._devices[number]
        # a process sees its own device alone, by this name
        said = data["message"].replace("cuda:0", device)
        return error_of_data(data | {"message": said}, f"process {number} on {device}")

    def _lost(self, process: ReplicaProcess, how: str, order: Message) -> BackendError:
        doing = {"load": "while it loaded the model", "generate": "while it generated"}
        when = doing.get(order["do"], "between batches")
        lost = _named([index for index, _ in order.get("requests", ())])
        cure = "Look at what it said last, and run again with pytorch.num_processes: 1."
        if "SIGKILL" in how:
            cure = (
                "The system kills processes where memory runs out: lower pytorch.num_processes, "
                "pytorch.batch_size or the precision."
            )
        return BackendError(
            f"process {process.number} on {self._devices[process.number]} {how}, {when}{lost}",
            cure=cure,
        )


def _named(requests: Sequence[int]) -> str:
    if not requests:
        return ""
    named = ", ".join(map(str, requests[:_NAMED]))
    more = f" and {len(requests) - _NAMED} more" if len(requests) > _NAMED else ""
    return f"; the requests {named}{more} are lost"
