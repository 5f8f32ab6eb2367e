"""FLOPs, parameters and memory from a model's shape; no device, no weights."""

from llem_flops.memory import key_value_bytes, memory_estimate
from llem_flops.palm import PalmCounter
from llem_flops.parameters import ParameterCount, parameters

__version__ = "0.1.0"

__all__ = [
    "PalmCounter",
    "ParameterCount",
    "__version__",
    "key_value_bytes",
    "memory_estimate",
    "parameters",
]
