"""One model whose matrices are split among processes, each of which computes its part of every
step (tensor parallelism)."""

import socket
from collections.abc import Callable, Sequence

from llem_contracts import BackendError, GeneratedRequest, GenerationRequest
from llem_schema import ExperimentConfig, RunSettings

from llem_backend_pytorch.device_choice import CPU
from llem_backend_pytorch.replica_messages import (
    answers_of_data,
    generate_order,
    requests_as_data,
)
from llem_backend_pytorch.replica_placement import VISIBLE
from llem_backend_pytorch.replica_start import devices_for, start
from llem_backend_pytorch.replicated import ReplicatedModel

_HERE = "127.0.0.1"


def load_split(config: ExperimentConfig, run_settings: RunSettings) -> "SplitModel":
    """Start the processes and have each load its part, all at once. Raises `BackendError`.

    All of them sample from the same seed: they have to draw the same tokens.
    """
    devices = devices_for(config)
    shards = len(devices)
    environs = rendezvous(shards, free_port(), hide_gpus=devices[0] == CPU)
    seeds = [config.random_seed] * shards
    return SplitModel(
        *start(config, run_settings, devices, seeds, shards=shards, environs=environs)
    )


def rendezvous(shards: int, port: int, *, hide_gpus: bool) -> list[dict[str, str]]:
    """Variables by which the processes of a group find one another (torch's `env://`).

    Each sees its own GPU alone, as its first one; on the CPU none, which transformers would take.
    """
    hidden = {VISIBLE: ""} if hide_gpus else {}
    return [
        {
            "MASTER_ADDR": _HERE,
            "MASTER_PORT": str(port),
            "WORLD_SIZE": str(shards),
            "RANK": str(rank),
            "LOCAL_RANK": "0",
            **hidden,
        }
        for rank in range(shards)
    ]


def free_port() -> int:
    """A port of this machine that nobody listens on just now."""
    with socket.socket() as found:
        found.bind((_HERE, 0))
        port: int = found.getsockname()[1]
        return port


class SplitModel(ReplicatedModel):
    """Implements `llem_contracts.LoadedModel`: every process has every request, and process 0
    answers."""

    def batches(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[tuple[GenerationRequest, ...], ...]:
        """See the contract."""
        by_index = {request.index: request for request in requests}
        order = {"do": "batches", "requests": requests_as_data(requests)}
        return tuple(
            tuple(by_index[index] for index in batch) for batch in self._pool.ask({0: order})[0]
        )

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
    ) -> tuple[GeneratedRequest, ...]:
        """See the contract. The times are those of process 0, which waits for the others at every
        step."""
        order = generate_order(requests, output_tokens, step_times)

        def told(number: int, done: int) -> None:
            if number == 0 and progress is not None:
                progress(done)

        answers = self._pool.ask(dict.fromkeys(range(len(self._pool)), order), told)
        return agreed([answers_of_data(answers[number]) for number in sorted(answers)])


def agreed(answers: Sequence[Sequence[GeneratedRequest]]) -> tuple[GeneratedRequest, ...]:
    """The answers of process 0. Raises `BackendError` where another one has made more or fewer
    tokens."""
    first, *others = ([(a.index, a.output_tokens) for a in answer] for answer in answers)
    for number, other in enumerate(others, start=1):
        if other != first:
            raise BackendError(
                f"process {number} did not generate what process 0 did, though they compute one "
                "model",
                cure="Take decoder.strategy: greedy, or pytorch.device_map: auto.",
            )
    return tuple(answers[0])
