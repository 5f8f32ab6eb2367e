"""FLOPs, parameters and memory from a model's shape; no device, no weights."""

from llem_flops.matmul import MatmulFlops, matmul_flops
from llem_flops.memory import (
    activation_bytes,
    key_value_bytes,
    memory_estimate,
    quantised_weight_bytes,
)
from llem_flops.palm import PalmCounter
from llem_flops.parameters import ParameterCount, parameters
from llem_flops.peaks import PublishedPeaks, device_peak, published_peaks

__version__ = "0.1.0"

__all__ = [
    "MatmulFlops",
    "PalmCounter",
    "ParameterCount",
    "PublishedPeaks",
    "__version__",
    "activation_bytes",
    "device_peak",
    "key_value_bytes",
    "matmul_flops",
    "memory_estimate",
    "parameters",
    "published_peaks",
    "quantised_weight_bytes",
]
