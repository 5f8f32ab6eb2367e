"""Versions and settings of the engine."""

import importlib.metadata
from typing import Any


def engine_versions() -> dict[str, Any]:
    """torch, transformers, and what torch was built with and runs on.

    `cuda` and `cudnn` are None for a torch built without them.
    """
    import torch

    return {
        "torch": torch.__version__,
        "transformers": importlib.metadata.version("transformers"),
        "cuda": torch.version.cuda,
        "cudnn": _cudnn_version(),
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def _cudnn_version() -> str | None:
    import torch

    cudnn: Any = torch.backends.cudnn
    if torch.version.cuda is None or not cudnn.is_available():
        return None
    return str(cudnn.version())
