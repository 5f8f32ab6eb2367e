"""Copies of a model in processes of their own, as one loaded model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from llem_contracts import BackendError, GeneratedRequest, GenerationRequest
from llem_schema import (
    ExperimentConfig,
    JsonObject,
    MemoryUsage,
    ModelShape,
    RunSettings,
    freeze_json,
)

from llem_backend_pytorch.dealing import batch_numbers, shares
from llem_backend_pytorch.device_choice import CPU
from llem_backend_pytorch.replica_messages import (
    Message,
    answers_of_data,
    generate_order,
    requests_as_data,
)
from llem_backend_pytorch.replica_pool import ReplicaPool
from llem_backend_pytorch.replica_start import devices_for, start
from llem_backend_pytorch.settings import settings_of

_START = "since_process_start"
_SEEDS = 2**32
"""A seed is less, see `ExperimentConfig.random_seed`."""


def load_replicas(config: ExperimentConfig, run_settings: RunSettings) -> "ReplicatedModel":
    """Start the processes and have each load its copy, all at once. Raises `BackendError`."""
    devices = devices_for(config)
    copies = len(devices)
    seeds = [(config.random_seed + number) % _SEEDS for number in range(copies)]
    return ReplicatedModel(*start(config, run_settings, devices, seeds))


class ReplicatedModel:
    """Implements `llem_contracts.LoadedModel`: deals requests out and gathers the answers."""

    def __init__(
        self,
        pool: ReplicaPool,
        described: Sequence[Message],
        devices: Sequence[str],
        configs: Sequence[ExperimentConfig],
    ) -> None:
        """For each process what it has told of its copy, its logical device, and its config."""
        self._pool = pool
        self._batch_size = settings_of(configs[0]).batch_size
        self._tokenizer = ReplicaTokenizer(pool)
        uuids = [uuid for one in described for uuid in one["devices"]]
        self._devices = tuple(dict.fromkeys(uuids))
        if devices[0] != CPU and len(self._devices) < len(uuids):
            pool.close()
            raise BackendError(
                f"several processes are on one device: {', '.join(uuids)}",
                cure="Give CUDA_VISIBLE_DEVICES each device once.",
            )
        first = described[0]
        self._shape = ModelShape.model_validate(first["shape"])
        self._commit: str | None = first["commit"]
        self._effective_config = _effective(first["effective_config"], devices, configs)

    @property
    def tokenizer(self) -> "ReplicaTokenizer":
        return self._tokenizer

    @property
    def devices(self) -> tuple[str, ...]:
        return self._devices

    @property
    def shape(self) -> ModelShape:
        return self._shape

    @property
    def commit(self) -> str | None:
        return self._commit

    @property
    def effective_config(self) -> JsonObject:
        """As one process tells it; `processes` has what differs between them."""
        return self._effective_config

    def environment(self) -> JsonObject:
        """As one process tells it, with the names of the devices of all."""
        told = self._pool.ask_all("environment")
        names = [name for one in told for name in one["device_names"]][: len(self._devices)]
        covers = {one["peak_memory"] for one in told}
        environment: JsonObject = freeze_json(
            {
                **told[0],
                "processes": len(told),
                "device_names": names,
                "peak_memory": _START if _START in covers else "since_reset",
            }
        )
        return environment

    def batches(
        self, requests: Sequence[GenerationRequest]
    ) -> tuple[tuple[GenerationRequest, ...], ...]:
        """See the contract; those of all processes, in the order of their numbers."""
        dealt = self._dealt(requests)
        told = self._pool.ask(
            {
                number: {"do": "batches", "requests": requests_as_data(share)}
                for number, share in dealt.items()
            }
        )
        counts = [len(told.get(number, ())) for number in range(len(self._pool))]
        by_index = {request.index: request for request in requests}
        return tuple(
            tuple(by_index[index] for index in told[number][own])
            for number, own in batch_numbers(counts)
        )

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        *,
        output_tokens: int | None = None,
        step_times: bool = True,
    ) -> tuple[GeneratedRequest, ...]:
        """See the contract, and `dealing` for who gets what. Sampling starts from the seed of each
        process at every call: `random_seed` plus the process' number."""
        dealt = self._dealt(requests)
        orders = {
            number: generate_order(share, output_tokens, step_times)
            for number, share in dealt.items()
        }
        answered = {
            number: answers_of_data(data)
            for number, data in self._pool.ask(orders, _summed(progress)).items()
        }
        return gathered(requests, dealt, answered)

    def synchronize(self) -> None:
        self._pool.ask_all("synchronize")

    def compilations(self) -> int:
        return sum(self._pool.ask_all("compilations"))

    def reset_peak_memory(self) -> None:
        self._pool.ask_all("reset_peak_memory")

    def memory(self) -> MemoryUsage:
        """The sum over the processes, whose peaks need not have come at one instant: an upper
        bound. On the CPU, pages that they share, such as those of libraries and of a checkpoint
        that is read in place, count once."""
        return memory_together(self._pool.ask_all("memory"))

    def close(self) -> None:
        """End the processes. The model cannot generate any more."""
        self._pool.close()

    def _dealt(self, requests: Sequence[GenerationRequest]) -> dict[int, list[GenerationRequest]]:
        return shares(requests, self._batch_size, len(self._pool))


class ReplicaTokenizer:
    """The tokenizer of process 0, which is that of all."""

    def __init__(self, pool: ReplicaPool) -> None:
        self._pool = pool

    def encode(self, text: str) -> list[int]:
        """Token ids as the model is fed them, special tokens included."""
        done: list[int] = self._pool.ask({0: {"do": "encode", "text": text}})[0]
        return done

    def decode(self, token_ids: Sequence[int]) -> str:
        """Text of the ids."""
        done: str = self._pool.ask({0: {"do": "decode", "token_ids": list(token_ids)}})[0]
        return done


def gathered(
    requests: Sequence[GenerationRequest],
    dealt: Mapping[int, Sequence[GenerationRequest]],
    answered: Mapping[int, Sequence[GeneratedRequest]],
) -> tuple[GeneratedRequest, ...]:
    """The answers in the order of the requests, with batches numbered over all processes.

    `dealt`: the requests of each process; `answered`: what each gave. Raises `BackendError` where a
    process has not one answer for each of its requests (RES-12).
    """
    for number, share in dealt.items():
        asked = [request.index for request in share]
        given = [answer.index for answer in answered[number]]
        if asked != given:
            raise BackendError(
                f"process {number} was asked for the requests {', '.join(map(str, asked))} and "
                f"answered {', '.join(map(str, given)) or 'none'}",
                cure="Run with pytorch.num_processes: 1.",
            )
    copies = range(max(dealt, default=-1) + 1)
    counts = [1 + max((a.batch for a in answered.get(number, ())), default=-1) for number in copies]
    numbers = batch_numbers(counts)
    done = {
        answer.index: replace(answer, process=number, batch=numbers[number, answer.batch])
        for number, answers in answered.items()
        for answer in answers
    }
    return tuple(done[request.index] for request in requests)


def memory_together(told: Sequence[Message]) -> MemoryUsage:
    """Memory of all processes, in MiB, from what each tells: its own, and what it shares."""
    usages = [MemoryUsage.model_validate(one["usage"]) for one in told]
    shared_mib = sum(one["shared_mib"] for one in told)
    return MemoryUsage(
        weights_mib=sum(usage.weights_mib for usage in usages),
        model_memory_mib=sum(usage.model_memory_mib for usage in usages) - shared_mib,
        peak_memory_mib=sum(usage.peak_memory_mib for usage in usages) - shared_mib,
        inference_memory_mib=sum(usage.inference_memory_mib for usage in usages),
        device_memory_mib=None,
        source=usages[0].source,
    )


def _summed(progress: Callable[[int], None] | None) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    done: dict[int, int] = {}

    def told(number: int, requests: int) -> None:
        done[number] = requests
        progress(sum(done.values()))

    return told


def _effective(
    first: Mapping[str, Any], devices: Sequence[str], configs: Sequence[ExperimentConfig]
) -> JsonObject:
    processes = [
        {"device": device, "random_seed": config.random_seed}
        for device, config in zip(devices, configs, strict=True)
    ]
    effective: JsonObject = freeze_json(
        {
            **first,
            "device": CPU if devices[0] == CPU else list(devices),
            "num_processes": len(devices),
            "processes": processes,
        }
    )
    return effective
