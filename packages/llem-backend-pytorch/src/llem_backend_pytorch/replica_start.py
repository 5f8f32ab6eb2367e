"""Starting the processes that hold copies, or parts, of a model."""

import os
from collections.abc import Mapping, Sequence
from functools import partial

from llem_contracts import BackendError
from llem_schema import ExperimentConfig, RunSettings

from llem_backend_pytorch.assembly import chosen_device
from llem_backend_pytorch.device_choice import CPU
from llem_backend_pytorch.replica_messages import Message
from llem_backend_pytorch.replica_placement import (
    VISIBLE,
    replica_devices,
    threads_each,
    visible_device,
)
from llem_backend_pytorch.replica_pool import ReplicaPool
from llem_backend_pytorch.replica_process import ReplicaProcess, replica_command
from llem_backend_pytorch.settings import settings_of


def devices_for(config: ExperimentConfig) -> tuple[str, ...]:
    """The logical device of each process. Raises `BackendError` where there are too few."""
    import torch

    settings = settings_of(config)
    copies = settings.num_processes
    devices = replica_devices(str(chosen_device(settings)), copies)
    if devices[0] != CPU and torch.cuda.device_count() < copies:
        raise BackendError(
            f"pytorch.num_processes is {copies}, and torch sees {torch.cuda.device_count()} CUDA "
            "devices",
            cure=f"Set pytorch.num_processes to {torch.cuda.device_count()} or less.",
        )
    return devices


def start(
    config: ExperimentConfig,
    run_settings: RunSettings,
    devices: Sequence[str],
    seeds: Sequence[int],
    *,
    shards: int = 1,
    environs: Sequence[Mapping[str, str]] = (),
) -> tuple[ReplicaPool, list[Message], Sequence[str], list[ExperimentConfig]]:
    """Start a process for each device, and have all of them load at once.

    Gives what `ReplicatedModel` takes. `shards`: processes among which a model is split;
    `environs`: variables for each process. Raises `BackendError`.
    """
    import torch

    copies = len(devices)
    threads = settings_of(config).num_threads or threads_each(torch.get_num_threads(), copies)
    command = replica_command()
    more = environs or [{}] * copies
    begin = [
        partial(
            ReplicaProcess, number, command, {**_environ(device, number, threads), **more[number]}
        )
        for number, device in enumerate(devices)
    ]
    pool = ReplicaPool(begin, devices)
    alone = [_alone(config, seed) for seed in seeds]
    orders = {
        number: {
            "do": "load",
            "config": one.model_dump_json(),
            "settings": run_settings.model_dump_json(),
            "threads": threads,
            "shards": shards,
        }
        for number, one in enumerate(alone)
    }
    loaded = pool.ask(orders)
    return pool, [loaded[number] for number in range(copies)], devices, alone


def _alone(config: ExperimentConfig, seed: int) -> ExperimentConfig:
    """What one of the processes is to do, with a seed of its own to sample from."""
    assert config.pytorch is not None
    section = config.pytorch.model_copy(update={"num_processes": None})
    return config.model_copy(update={"pytorch": section, "random_seed": seed})


def _environ(device: str, number: int, threads: int) -> dict[str, str]:
    environ = {"OMP_NUM_THREADS": str(threads)}
    if device != CPU:
        environ[VISIBLE] = visible_device(os.environ, number)
    return environ
