"""Versions and settings of the engine."""

import importlib.metadata
from typing import Any


def engine_versions() -> dict[str, Any]:
    """torch, transformers, and what torch was built with and runs on.

    A torch that was built without CUDA has no `cuda` and no `cudnn`.
    """
    import torch

    return {
        "torch": torch.__version__,
        "transformers": importlib.metadata.version("transformers"),
        **_cuda_versions(),
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def _cuda_versions() -> dict[str, str]:
    import torch

    if torch.version.cuda is None:
        return {}
    versions = {"cuda": torch.version.cuda}
    cudnn: Any = torch.backends.cudnn
    if cudnn.is_available():
        versions["cudnn"] = str(cudnn.version())
    return versions
