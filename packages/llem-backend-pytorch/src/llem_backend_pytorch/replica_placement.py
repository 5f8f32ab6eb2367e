"""Where the copies of a model go: a CUDA device each, or a share of the CPU's threads."""

from collections.abc import Mapping, Sequence

from llem_contracts import Problem
from llem_schema import AcceleratorFacts, DeviceFacts, HostFacts

from llem_backend_pytorch.dealing import idle_copies
from llem_backend_pytorch.device_choice import CPU
from llem_backend_pytorch.settings import Settings

VISIBLE = "CUDA_VISIBLE_DEVICES"

_CORES = "CPU cores may be used"
_GPUS = "CUDA devices are visible, of which each takes one"


def replica_devices(device: str, copies: int) -> tuple[str, ...]:
    """The logical device of each copy: all of them the CPU, or `cuda:0`, `cuda:1` ..."""
    return tuple(device if device == CPU else f"cuda:{number}" for number in range(copies))


def visible_device(environ: Mapping[str, str], number: int) -> str:
    """What `CUDA_VISIBLE_DEVICES` holds for a process that is to see this process' `cuda:N` alone.

    It then is that process' `cuda:0`, so that nothing of it can take memory elsewhere.
    """
    told = environ.get(VISIBLE)
    if told is None:
        return str(number)
    return told.split(",")[number].strip()


def threads_each(threads: int, copies: int) -> int:
    """Threads of each process, where one process alone would take `threads`."""
    return max(threads // copies, 1)


def replica_problems(
    settings: Settings, prompts: int, device: str, visible: Sequence[DeviceFacts]
) -> tuple[Problem, ...]:
    """Why so many processes cannot be had or would not all have work."""
    copies, batch_size = settings.num_processes, settings.batch_size
    if copies == 1:
        return ()
    threads = settings.num_threads or 1
    each = f" with {threads} threads each" if threads > 1 else ""
    found = [
        _too_many(f"{copies}{each}", facts.usable_cores // threads, facts.usable_cores, _CORES)
        for facts in visible
        if isinstance(facts, HostFacts) and copies * threads > facts.usable_cores
    ]
    gpus = sum(isinstance(facts, AcceleratorFacts) for facts in visible)
    if device != CPU and 0 < gpus < copies:
        found.append(_too_many(str(copies), gpus, gpus, _GPUS))
    idle = 0 if settings.tp_plan is not None else idle_copies(prompts, batch_size, copies)
    if idle:
        found.append(
            Problem(
                code="idle_processes",
                message=f"{prompts} prompts in batches of {batch_size} leave {idle} of {copies} "
                "processes without any",
                cure=f"Set n to {(copies - 1) * batch_size + 1} or more, or lower "
                "pytorch.num_processes or pytorch.batch_size.",
            )
        )
    return tuple(found)


def _too_many(asked: str, most: int, there: int, what: str) -> Problem:
    return Problem(
        code="too_many_processes",
        message=f"pytorch.num_processes is {asked}, and {there} {what}",
        cure=f"Set pytorch.num_processes to {max(most, 1)} or less.",
    )
