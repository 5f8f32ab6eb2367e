"""The counter `palm`: 2 x N x tokens."""

from typing import Final

from llem_contracts import FlopsCounter, NotSupported
from llem_schema import FlopsResult, MemoryEstimate, ModelShape, Precision, RunSettings

from llem_flops.known import known_parameters
from llem_flops.memory import memory_estimate

_FLOPS_PER_PARAMETER: Final = 2
"""One multiplication and one addition for each weight and token."""


class PalmCounter:
    """Operations by the form that PaLM and Chinchilla use, here for inference.

    A forward pass costs 2 x N operations per token, N the non-embedding parameters: Kaplan et al.
    2020 (arXiv:2001.08361, section 2.1), Hoffmann et al. 2022 (arXiv:2203.15556, appendix F),
    Chowdhery et al. 2022 (PaLM, arXiv:2204.02311, appendix B), whose 6 x N for training is this
    and twice as much again for the backward pass. Attention scores, look-ups, norms' own
    arithmetic and the output head are not in it: it is a reference for comparison, not a count
    of what the hardware did.
    """

    def count(self, shape: ModelShape, input_tokens: int, output_tokens: int) -> FlopsResult:
        """Operations for so many useful tokens; `flops_per_output_token` has the prefill inside.

        `method` is `palm`. Where a shape gives a total alone, N is that total, `method` is
        `palm_all_parameters`, the figure is an upper bound of the form, and
        `parameters_non_embedding` is None.

        Raises `NotSupported` for a mixture of experts, whose active share is not in the shape, and
        for a shape without parameters; `ValueError` for negative token counts.
        """
        if input_tokens < 0 or output_tokens < 0:
            raise ValueError(
                f"{input_tokens} input and {output_tokens} output tokens: neither may be negative"
            )
        if shape.experts_per_layer is not None:
            raise NotSupported(
                f"{shape.architecture!r} has {shape.experts_per_layer} experts per layer, and how "
                "many of their parameters a token uses is not known",
                cure="Read the run's FLOPs as not measured; its other figures stand.",
            )
        known = known_parameters(shape)
        n = known.total if known.non_embedding is None else known.non_embedding
        per_token = float(_FLOPS_PER_PARAMETER * n)
        prefill, decode = per_token * input_tokens, per_token * output_tokens
        return FlopsResult(
            flops_total=prefill + decode,
            flops_prefill=prefill,
            flops_decode=decode,
            flops_per_output_token=(prefill + decode) / output_tokens if output_tokens else None,
            method="palm_all_parameters" if known.non_embedding is None else "palm",
            parameters_total=known.total,
            parameters_non_embedding=known.non_embedding,
            confidence=known.confidence,
        )

    def memory(
        self, shape: ModelShape, precision: Precision, batch_size: int, length: int
    ) -> MemoryEstimate:
        """Memory in MiB; see `llem_flops.memory_estimate`."""
        return memory_estimate(shape, precision, batch_size, length)


def palm_counter(_settings: RunSettings) -> FlopsCounter:
    """The factory behind the entry point; nothing in the settings bears on it."""
    return PalmCounter()
