"""What torch compiles, and what it needs for that."""

import importlib.util
import os
import sys
from collections.abc import Callable

from llem_contracts import Problem

from llem_backend_pytorch.device_choice import CPU


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


def _problem(why: str, cure: str) -> Problem:
    return Problem(
        code="no_compiler",
        message=f"pytorch.torch_compile is on and torch cannot compile: {why}",
        cure=f"{cure}, or leave pytorch.torch_compile out.",
    )
