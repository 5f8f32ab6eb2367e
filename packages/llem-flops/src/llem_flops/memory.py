"""Memory for weights, keys and values, before anything is loaded."""

from collections.abc import Mapping
from typing import Final

from llem_schema import DecoderDimensions, MemoryEstimate, ModelShape, Precision

from llem_flops.known import known_parameters

_BYTES_PER_VALUE: Final[Mapping[Precision, int]] = {"fp32": 4, "fp16": 2, "bf16": 2}
_BYTES_PER_MIB: Final = 2**20


def key_value_bytes(
    dimensions: DecoderDimensions, precision: Precision, batch_size: int, length: int
) -> int:
    """Bytes that the keys and values of `batch_size` sequences of `length` tokens take.

    2 (a key and a value) x layers x key-value heads x head_dim x length x batch x bytes per value:
    what a cache that holds every position in the precision of the arithmetic needs.
    """
    values_per_token = 2 * dimensions.layers * dimensions.key_value_heads * dimensions.head_dim
    return values_per_token * length * batch_size * _BYTES_PER_VALUE[precision]


def memory_estimate(
    shape: ModelShape, precision: Precision, batch_size: int, length: int
) -> MemoryEstimate:
    """Memory of all weights in `precision`, and of the keys and values, in MiB (2**20 bytes).

    `length` is tokens per sequence, input and output together. Where the dimensions are not known,
    `kv_cache_mib` is None and the total is the weights alone. Activations, fragmentation and the
    engine's own context are not in it: a run needs more.

    Raises `NotSupported` for a shape without parameters and `ValueError` for a batch below 1 or a
    negative length.
    """
    if batch_size < 1 or length < 0:
        raise ValueError(
            f"a batch of {batch_size} sequences of {length} tokens: the batch must be at least 1 "
            "and the length not negative"
        )
    weights_mib = known_parameters(shape).total * _BYTES_PER_VALUE[precision] / _BYTES_PER_MIB
    if shape.dimensions is None:
        return MemoryEstimate(weights_mib=weights_mib, kv_cache_mib=None, total_mib=weights_mib)
    kv_cache_mib = key_value_bytes(shape.dimensions, precision, batch_size, length) / _BYTES_PER_MIB
    return MemoryEstimate(
        weights_mib=weights_mib, kv_cache_mib=kv_cache_mib, total_mib=weights_mib + kv_cache_mib
    )
