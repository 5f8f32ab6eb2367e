"""What torch compiles, and what it needs for that."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from llem_contracts import BackendError, Problem

from llem_backend_pytorch.device_choice import CPU
from llem_backend_pytorch.problems import first_line
from llem_backend_pytorch.settings import Settings


@contextmanager
def compiled_anew(settings: Settings) -> Iterator[None]:
    """Where the settings have code compiled, none is there before, and none stays.

    torch keeps what it compiles for a line of code, not for a model: another model of the same
    class may get code that an earlier one was compiled to, and after eight of them torch compiles
    no more and says nothing.
    """
    if not settings.torch_compile and settings.attn_implementation != "flex_attention":
        yield
        return
    import torch

    torch.compiler.reset()
    try:
        yield
    finally:
        torch.compiler.reset()


def graphs_compiled() -> int:
    """Graphs that torch.compile has made in this process. Imports nothing: where nobody has asked
    for its compiler, there are none."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return int(dynamo.counters["stats"]["unique_graphs"]) if dynamo is not None else 0


def compiler_problems(
    device: str, find_program: Callable[[str], str | None]
) -> tuple[Problem, ...]:
    """Why torch could not compile for a device: on the CPU it writes C++, on CUDA it has Triton
    write the kernels and a C compiler build their launchers."""
    if device != CPU and importlib.util.find_spec("triton") is None:
        return (_problem("there is no package triton, which writes the kernels", "Install triton"),)
    if device == CPU:
        programs = [os.environ.get("CXX") or "g++"]
    else:
        programs = [os.environ.get("CC") or "gcc", "clang"]
    if any(find_program(name) for name in programs):
        return ()
    missing = " and no ".join(programs)
    return (_problem(f"there is no {missing} on the path", f"Install {programs[0]}"),)


def compiler_failure(error: Exception, attention: object) -> BackendError | None:
    """What to tell where it was torch's compiler that failed; None for any other error.

    Attention of the kind `flex_attention` is compiled unasked, and not for every batch on every
    device: torch 2.13 writes C++ with an undeclared name for the CPU where prompts are padded.
    """
    dynamo = sys.modules.get("torch._dynamo.exc")
    if dynamo is None or not isinstance(error, dynamo.BackendCompilerFailed):
        return None
    if attention == "flex_attention":
        return BackendError(
            f"torch could not compile flex_attention for these prompts: {first_line(error)}",
            cure="Set pytorch.attn_implementation to sdpa, or pytorch.batch_size to 1, which pads "
            "no prompt.",
        )
    return BackendError(
        f"torch could not compile the model: {first_line(error)}",
        cure="Leave pytorch.torch_compile out.",
    )


def _problem(why: str, cure: str) -> Problem:
    return Problem(
        code="no_compiler",
        message=f"pytorch.torch_compile is on and torch cannot compile: {why}",
        cure=f"{cure}, or leave pytorch.torch_compile out.",
    )
