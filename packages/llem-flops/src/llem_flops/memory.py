"""Memory for weights, keys and values and a step, before anything is loaded."""

from collections.abc import Mapping
from typing import Final

from llem_contracts import NotSupported
from llem_schema import DecoderDimensions, MemoryEstimate, ModelShape, Precision, WeightBits

from llem_flops.known import known_parameters
from llem_flops.matrices import layer_matrices
from llem_flops.parameters import parameters

_BYTES_PER_VALUE: Final[Mapping[Precision, int]] = {"fp32": 4, "fp16": 2, "bf16": 2}
_BYTES_PER_MIB: Final = 2**20
_SCALE_BYTES: Final = 4
_BLOCK: Final = 64


def key_value_bytes(
    dimensions: DecoderDimensions, precision: Precision, batch_size: int, length: int
) -> int:
    """Bytes that the keys and values of `batch_size` sequences of `length` tokens take.

    2 (a key and a value) x key-value heads x head_dim x bytes per value for each layer and token:
    what a cache in the precision of the arithmetic needs. Layers with a sliding window keep the
    newest `window` tokens.
    """
    per_token_and_layer = 2 * dimensions.key_value_heads * dimensions.head_dim
    window = dimensions.sliding_window
    held = dimensions.layers * length
    if window is not None:
        held -= window.layers * max(length - window.tokens, 0)
    return per_token_and_layer * held * batch_size * _BYTES_PER_VALUE[precision]


def quantised_weight_bytes(
    dimensions: DecoderDimensions, precision: Precision, weight_bits: WeightBits
) -> int:
    """Bytes of the weights where attention and feed-forward matrices are quantised.

    The formats of bitsandbytes: 8 bits with one 4-byte scale per output (LLM.int8, Dettmers et al.
    2022, arXiv:2208.07339), 4 bits with one 4-byte scale per 64 weights (QLoRA, Dettmers et al.
    2023, arXiv:2305.14314, without double quantisation). Embedding, output head, norms, biases and
    routers stay in `precision`, and so do the experts of a mixture: transformers holds those of a
    layer in one tensor, where bitsandbytes looks for matrices of their own.
    """
    packed, scales, quantised = 0, 0, 0
    for matrix in layer_matrices(dimensions):
        if matrix.part == "router" or matrix.expert:
            continue
        weights = matrix.held * matrix.weights
        quantised += weights
        packed += weights * weight_bits // 8
        scales += matrix.held * (
            matrix.outputs if weight_bits == 8 else -(-matrix.weights // _BLOCK)
        )
    rest = parameters(dimensions).total - quantised
    return packed + scales * _SCALE_BYTES + rest * _BYTES_PER_VALUE[precision]


def activation_bytes(
    dimensions: DecoderDimensions, precision: Precision, batch_size: int, input_length: int
) -> int:
    """Bytes of the largest moment of a step in plain transformers, beside weights and cache.

    The larger one of two: in a layer, for each of batch x `input_length` positions (one, in
    decoding), the residual stream, its norm, and of the feed-forward part the widened vectors and
    their product (of experts those that a token goes through); after the layers, the logits of the
    last position, in `precision` and as the 4-byte copy that sampling works on. What kernels,
    allocator and engine need for themselves is not in it.
    """
    widened = 3 if dimensions.mlp == "gated" else 2
    experts = dimensions.experts
    intermediate = dimensions.intermediate_size
    if experts is not None:
        chosen = experts.active * experts.intermediate_size + experts.shared_intermediate_size
        dense = intermediate if experts.layers < dimensions.layers else 0
        intermediate = max(chosen, dense)
    value = _BYTES_PER_VALUE[precision]
    positions = batch_size * max(input_length, 1)
    layer = positions * (2 * dimensions.hidden_size + widened * intermediate) * value
    logits = batch_size * dimensions.vocabulary_size * (value + _SCALE_BYTES)
    return max(layer, logits)


def memory_estimate(
    shape: ModelShape,
    precision: Precision,
    batch_size: int,
    length: int,
    *,
    input_length: int = 0,
    weight_bits: WeightBits | None = None,
) -> MemoryEstimate:
    """Memory of weights, keys and values, and of a step, in MiB (2**20 bytes).

    `length` is tokens per sequence, input and output together; `input_length` of them go through
    the model at once, 0 where that is not known. Where the dimensions are not known,
    `kv_cache_mib` and `activations_mib` are None and the total is the weights alone.
    Fragmentation and the engine's own context are not in it: a run needs more.

    Raises `NotSupported` for a shape without parameters, and for quantised weights without
    dimensions; `ValueError` for a batch below 1 or an impossible length.
    """
    if batch_size < 1 or not 0 <= input_length <= max(length, 0) or length < 0:
        raise ValueError(
            f"a batch of {batch_size} sequences of {length} tokens, {input_length} of them input: "
            "the batch must be at least 1, the length not negative and no less than the input"
        )
    dimensions = shape.dimensions
    weights = known_parameters(shape).total * _BYTES_PER_VALUE[precision]
    if weight_bits is not None:
        if dimensions is None:
            raise NotSupported(
                f"which weights of the architecture {shape.architecture!r} are quantised is not "
                "known, as its dimensions are not described",
                cure="Have the backend give `dimensions` in its model shape.",
            )
        weights = quantised_weight_bytes(dimensions, precision, weight_bits)
    weights_mib = weights / _BYTES_PER_MIB
    if dimensions is None:
        return MemoryEstimate(weights_mib=weights_mib, kv_cache_mib=None, total_mib=weights_mib)
    kv_cache_mib = key_value_bytes(dimensions, precision, batch_size, length) / _BYTES_PER_MIB
    activations_mib = (
        activation_bytes(dimensions, precision, batch_size, input_length) / _BYTES_PER_MIB
    )
    return MemoryEstimate(
        weights_mib=weights_mib,
        kv_cache_mib=kv_cache_mib,
        activations_mib=activations_mib,
        total_mib=weights_mib + kv_cache_mib + activations_mib,
    )
