"""`python -m llem_backend_pytorch.replica PARENT`: one copy of a model, in a process of its own.

Started by `ReplicaProcess`; what it is told to do comes through stdin, what it says goes to stdout
(`replica_messages`). Whatever libraries print goes to stderr, of which the run tells the last line
where this process ends by itself.

It ends when the run does, however that ends: stdin is watched beside the work, and so is the
process id of the parent, since the other end of a pipe stays open in children that the parent has
forked. Signals of a terminal or of a scheduler are the run's to answer.
"""

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from llem_contracts import BackendError
from llem_schema import ExperimentConfig, RunSettings

from llem_backend_pytorch.backend import PyTorchBackend
from llem_backend_pytorch.replica_messages import (
    Message,
    answers_as_data,
    error_as_data,
    line_of,
    requests_of_data,
)
from llem_backend_pytorch.shared_pages import shared_bytes

MIB = 1024**2

_IGNORED = ("SIGHUP", "SIGINT", "SIGTERM")
_LOOK_EVERY_MS = 1000
_STDIN, _STDOUT, _STDERR = range(3)

Say = Callable[[Message], None]


def main() -> int:
    """Serve until the run is over."""
    for name in _IGNORED:
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    parent = int(sys.argv[1])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    answers = os.fdopen(os.dup(_STDOUT), "wb")
    os.dup2(_STDERR, _STDOUT)

    def say(message: Message) -> None:
        answers.write(line_of(message))
        answers.flush()

    serve(sys.stdin.buffer, say)
    return 0


def serve(lines: Iterable[bytes], say: Say) -> None:
    """Do what each line tells. The first one has to be `load`."""
    with ExitStack() as loaded:
        replica: Replica | None = None
        for line in lines:
            order = json.loads(line)
            try:
                if order["do"] == "load":
                    replica = Replica(order, loaded, say)
                    done = replica.described()
                else:
                    assert replica is not None
                    done = replica.do(order)
            except Exception as error:  # whatever it is, the run has to tell it
                say({"error": error_as_data(error)})
            else:
                say({"done": done})


class Replica:
    """The model of this process, and what it may be told to do."""

    def __init__(self, order: Message, loaded: ExitStack, say: Say) -> None:
        """Load what `order` names; leaving `loaded` frees it."""
        import torch

        self._say = say
        torch.set_num_threads(order["threads"])
        settings = RunSettings.model_validate_json(order["settings"])
        backend = PyTorchBackend(settings, shards=order["shards"])
        config = ExperimentConfig.model_validate_json(order["config"])
        self._model = loaded.enter_context(backend.load(config))

    def described(self) -> Message:
        """What the run has to know of the model."""
        model = self._model
        return {
            "devices": model.devices,
            "shape": model.shape.model_dump(mode="json"),
            "commit": model.commit,
            "effective_config": model.effective_config,
        }

    def do(self, order: Message) -> Any:
        """Carry out an order; gives plain data."""
        match order["do"]:
            case "generate":
                return self._generate(order)
            case "encode":
                return self._model.tokenizer.encode(order["text"])
            case "decode":
                return self._model.tokenizer.decode(order["token_ids"])
            case "batches":
                batches = self._model.batches(requests_of_data(order["requests"]))
                return [[request.index for request in batch] for batch in batches]
            case "compilations":
                return self._model.compilations()
            case "synchronize":
                return self._model.synchronize()
            case "reset_peak_memory":
                return self._model.reset_peak_memory()
            case "memory":
                return self._memory()
            case "environment":
                return self._model.environment()
            case other:
                raise BackendError(f"there is no order {other!r}", cure="Reinstall llem.")

    def _generate(self, order: Message) -> list[Any]:
        answers = self._model.generate(
            requests_of_data(order["requests"]),
            lambda done: self._say({"progress": done}),
            output_tokens=order["output_tokens"],
            step_times=order["step_times"],
        )
        return answers_as_data(answers)

    def _memory(self) -> Message:
        usage = self._model.memory()
        shared = shared_bytes() if usage.source == "resident_set" else 0
        return {"usage": usage.model_dump(mode="json"), "shared_mib": shared / MIB}


def _end_with(parent: int) -> None:
    """Wait until the run has closed its end of the pipe or is gone; then end this process and all
    that it has started."""
    pipe = select.poll()
    pipe.register(_STDIN, 0)  # of the events, those that are told unasked: the other end is closed
    while not pipe.poll(_LOOK_EVERY_MS) and os.getppid() == parent:
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
