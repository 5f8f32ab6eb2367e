"""Which CUDA a run used, and who says so (CM-33)."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

CudaSource = Literal["torch", "version file", "nvcc"]


def _nvcc() -> str | None:
    if shutil.which("nvcc") is None:
        return None
    try:
        done = subprocess.run(
            ["nvcc", "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def cuda_version(
    engine: Mapping[str, object],
    *,
    toolkit: Path = Path("/usr/local/cuda"),
    nvcc_output: Callable[[], str | None] = _nvcc,
) -> tuple[str, CudaSource] | tuple[None, None]:
    """The engine's own CUDA, else the toolkit's version file, else what nvcc says, else None.

    `engine` is what the loaded model's `environment()` tells.
    """
    built_with = engine.get("cuda")
    if isinstance(built_with, str) and built_with:
        return built_with, "torch"
    from_file = _version_file(toolkit)
    if from_file:
        return from_file, "version file"
    release = re.search(r"release (\d+\.\d+)", nvcc_output() or "")
    if release:
        return release.group(1), "nvcc"
    return None, None


def _version_file(toolkit: Path) -> str | None:
    try:
        version = json.loads((toolkit / "version.json").read_text())["cuda"]["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, str) else None
