"""Whether the installed torch computes on a GPU, and how well in a precision.

All from the GPU's compute capability and from what torch was built for: nothing touches the GPU.
"""

import re
from collections.abc import Iterable

from llem_contracts import Problem
from llem_schema import AcceleratorFacts, Precision

Capability = tuple[int, int]

_ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)\Z")
_FIRST_BF16: Capability = (8, 0)
_FIRST_TENSOR_CORES: Capability = (7, 0)
_FULL_FP16: frozenset[Capability] = frozenset({(5, 3), (6, 0), (6, 2)})
"""Older ones that compute fp16 faster than fp32. Source of all three: NVIDIA, CUDA C++ Programming
Guide, "Throughput of Native Arithmetic Instructions", by compute capability."""


def built_architectures() -> tuple[str, ...]:
    """What the installed torch was built for, such as `sm_90`; empty for a build without CUDA.

    `torch.cuda.get_arch_list` tells the same, after it has asked the driver for devices.
    """
    import torch

    flags = getattr(torch._C, "_cuda_getArchFlags", None)
    return tuple((flags() or "").split()) if flags is not None else ()


def gpu_problems(
    precision: Precision, gpu: AcceleratorFacts, architectures: Iterable[str]
) -> tuple[Problem, ...]:
    """What is wrong with computing in `precision` on a GPU; nothing where too little is known."""
    capability = _capability(gpu.compute_capability)
    if capability is None:
        return ()
    built = tuple(architectures)
    if built and not any(_runs(architecture, capability) for architecture in built):
        return (
            Problem(
                code="gpu_not_supported",
                message=f"{gpu.name} has compute capability {gpu.compute_capability}, and the "
                f"installed torch was built for {', '.join(built)}",
                cure="Install a build of torch for this GPU, or set pytorch.device to cpu.",
            ),
        )
    if _computes_well(precision, capability):
        return ()
    return (
        Problem(
            code="slow_precision",
            message=f"{gpu.name} (compute capability {gpu.compute_capability}) has no {precision} "
            f"units, so {precision} is emulated or slow",
            cure="Set precision to fp16 or fp32 for a run on this GPU."
            if precision == "bf16" and _computes_well("fp16", capability)
            else "Set precision to fp32 for a run on this GPU.",
            blocking=False,
        ),
    )


def _computes_well(precision: Precision, capability: Capability) -> bool:
    if precision == "bf16":
        return capability >= _FIRST_BF16
    if precision == "fp16":
        return capability >= _FIRST_TENSOR_CORES or capability in _FULL_FP16
    return True


def _runs(architecture: str, capability: Capability) -> bool:
    """Whether code for `architecture` runs on such a GPU.

    Machine code (`sm`) runs on later GPUs of its generation, PTX (`compute`) on all later ones;
    with the suffix `a` on that very one alone, with `f` on its family (CUDA Compiler Driver, "GPU
    Feature List").
    """
    match = _ARCHITECTURE.match(architecture)
    if match is None:
        return True  # of a kind that came later than this: not ours to judge
    kind, suffix = match[1], match[4]
    built = (int(match[2]), int(match[3]))
    if suffix == "a":
        return built == capability
    if kind == "sm" or suffix == "f":
        return built[0] == capability[0] and built[1] <= capability[1]
    return built <= capability


def _capability(version: str | None) -> Capability | None:
    match = re.match(r"(\d+)\.(\d+)\Z", version or "")
    return None if match is None else (int(match[1]), int(match[2]))
