"""What the matrix units do for the useful tokens of a run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from llem_contracts import RequestTokens
from llem_schema import DecoderDimensions

from llem_flops.matrices import layer_matrices

_PER_WEIGHT: Final = 2
"""One multiplication and one addition for each weight and token."""


@dataclass(frozen=True, slots=True)
class MatmulFlops:
    """Operations of matrix multiplications; the attention's are counted in their phase, too."""

    prefill: int
    decode: int
    attention_prefill: int
    attention_decode: int


def matmul_flops(dimensions: DecoderDimensions, requests: Iterable[RequestTokens]) -> MatmulFlops:
    """Operations for the useful tokens; exact integers.

    For a request of L input and n output tokens, L positions go through the layers in prefill and
    n - 1 in decoding: the last token is not fed back.

        layers      2 x weights of the matrices that a token goes through, per position
        head        2 x hidden x vocabulary, tied or not: for the last position of the prompt and
                    for every decoded one
        attention   4 x heads x head_dim x context per position and layer: scores and the sums of
                    values, 2 x heads x head_dim x context each. Causal, so the c-th position has
                    the context c, and min(c, window) where a sliding window is.

    The count is that of Narayanan et al. 2021 (arXiv:2104.04473, appendix) for a forward pass,
    with causal attention counted as the half that it is (as in Dao 2023, arXiv:2307.08691,
    section 4.1) and without the head where its output is not asked for. Norms, activation
    functions, softmax, rotary positions, biases and look-ups are no matrix multiplications.
    """
    per_position = _PER_WEIGHT * sum(m.used * m.weights for m in layer_matrices(dimensions))
    head = _PER_WEIGHT * dimensions.hidden_size * dimensions.vocabulary_size
    per_context = 4 * dimensions.attention_heads * dimensions.head_dim
    prefill = decode = attention_prefill = attention_decode = 0
    lengths = Counter((request.input_tokens, request.output_tokens) for request in requests)
    for (input_tokens, output_tokens), count in lengths.items():
        decoded = max(output_tokens - 1, 0)
        in_prompt = per_context * _contexts(dimensions, input_tokens)
        in_all = per_context * _contexts(dimensions, input_tokens + decoded)
        attention_prefill += count * in_prompt
        attention_decode += count * (in_all - in_prompt)
        prefill += count * (per_position * input_tokens + head + in_prompt)
        decode += count * ((per_position + head) * decoded + in_all - in_prompt)
    return MatmulFlops(prefill, decode, attention_prefill, attention_decode)


def _contexts(dimensions: DecoderDimensions, positions: int) -> int:
    """Contexts of the first so many positions of a sequence, summed over them and the layers."""
    everything = positions * (positions + 1) // 2
    window = dimensions.sliding_window
    if window is None:
        return dimensions.layers * everything
    filling = min(positions, window.tokens)
    seen = filling * (filling + 1) // 2 + (positions - filling) * window.tokens
    return window.layers * seen + (dimensions.layers - window.layers) * everything
