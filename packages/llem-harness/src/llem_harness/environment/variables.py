"""Environment variables that change a measurement.

Only those that are named here are read, one by one or by how they begin. Among those that share a
beginning, one whose name looks like a secret or a place is left out, and a value that looks like a
secret is never shown.
"""

import re
from collections.abc import Mapping

from llem_harness.environment.text import readable

NAMES = frozenset(
    {
        # which devices, in which order, and how work reaches them
        "CUDA_VISIBLE_DEVICES",
        "CUDA_DEVICE_ORDER",
        "CUDA_DEVICE_MAX_CONNECTIONS",
        "CUDA_LAUNCH_BLOCKING",
        "CUDA_MODULE_LOADING",
        "CUDA_MPS_ACTIVE_THREAD_PERCENTAGE",
        "NVIDIA_VISIBLE_DEVICES",
        # arithmetic
        "NVIDIA_TF32_OVERRIDE",
        "CUBLAS_WORKSPACE_CONFIG",
        "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
        # threads, and where they run
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "RAYON_NUM_THREADS",
        "TOKENIZERS_PARALLELISM",
        "GOMP_CPU_AFFINITY",
        # memory
        "LD_PRELOAD",
        "MALLOC_ARENA_MAX",
        "MALLOC_CONF",
        # the interpreter
        "PYTHONHASHSEED",
        "PYTHONMALLOC",
        "PYTHONOPTIMIZE",
        "PYTHON_GIL",
        "PYTHON_JIT",
        # where models come from
        "HF_HUB_OFFLINE",
    }
)
BEGINNINGS = (
    "PYTORCH_",
    "TORCH_",
    "TORCHDYNAMO_",
    "TORCHINDUCTOR_",
    "TRANSFORMERS_",
    "NCCL_",
    "OMP_",
    "KMP_",
    "MKL_",
    "DNNL_",
    "ONEDNN_",
)
WITHHELD = "(withheld)"

_PRIVATE_NAME = re.compile(
    r"TOKEN|SECRET|PASS|PWD|KEY|AUTH|CRED|COOKIE|SESSION|CERT|JWT|SIGN"
    r"|URL|URI|ENDPOINT|PROXY|HOST|ADDR|USER|ACCOUNT|MAIL|HOME|DIR|PATH|CACHE|FILE",
    re.IGNORECASE,
)
_PRIVATE_VALUE = re.compile(
    r"://|\b(hf_|sk-|gh[opsu]_|github_pat_|glpat-|xox[abp]-|AKIA)[A-Za-z0-9_-]{6}"
)


def measuring_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that are set, in alphabetical order."""
    return {
        name: WITHHELD if _PRIVATE_VALUE.search(value) else readable(value)
        for name, value in sorted(variables.items())
        if _is_shown(name)
    }


def _is_shown(name: str) -> bool:
    if name in NAMES:
        return True
    return name.startswith(BEGINNINGS) and name.isascii() and not _PRIVATE_NAME.search(name)
