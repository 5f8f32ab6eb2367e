"""The counter `palm`: 2 x N x tokens, and beside it what the matrix units do."""

from collections.abc import Sequence
from typing import Final

from llem_contracts import DevicePeak, FlopsCounter, NotSupported, RequestTokens
from llem_schema import (
    FlopsResult,
    MemoryEstimate,
    ModelShape,
    Precision,
    RunSettings,
    WeightBits,
)

from llem_flops.known import known_parameters
from llem_flops.matmul import matmul_flops
from llem_flops.memory import memory_estimate
from llem_flops.peaks import device_peak

_FLOPS_PER_PARAMETER: Final = 2
"""One multiplication and one addition for each weight and token."""


class PalmCounter:
    """Operations by the form that PaLM and Chinchilla use, here for inference.

    A forward pass costs 2 x N operations per token, N the non-embedding parameters: Kaplan et al.
    2020 (arXiv:2001.08361, section 2.1), Hoffmann et al. 2022 (arXiv:2203.15556, appendix F),
    Chowdhery et al. 2022 (PaLM, arXiv:2204.02311, appendix B), whose 6 x N for training is this
    and twice as much again for the backward pass. Attention scores, look-ups, norms' own
    arithmetic and the output head are not in it: it is a reference for comparison, not a count
    of what the hardware did. That is `flops_matmul_total`, see `llem_flops.matmul_flops`.
    """

    def count(self, shape: ModelShape, requests: Sequence[RequestTokens]) -> FlopsResult:
        """Operations for the useful tokens; `flops_per_output_token` has the prefill inside.

        N is `parameters_active`. `method` is `palm`. Where a shape gives a total alone, N is that
        total, `method` is `palm_all_parameters`, the figure is an upper bound of the form, and
        `parameters_non_embedding` is None. The matmul figures are None without dimensions.

        Raises `NotSupported` for a mixture of experts whose active share the shape does not tell,
        and for a shape without parameters; `ValueError` for negative token counts.
        """
        _refuse_negative(requests)
        known = known_parameters(shape)
        if known.active is None:
            raise NotSupported(
                f"{shape.architecture!r} has {shape.experts_per_layer} experts per layer, and how "
                "many of their parameters a token goes through is not known",
                cure="Have the backend give `active_experts_per_layer` and "
                "`counted_expert_parameters` in its model shape.",
            )
        input_tokens = sum(request.input_tokens for request in requests)
        output_tokens = sum(request.output_tokens for request in requests)
        per_token = float(_FLOPS_PER_PARAMETER * known.active)
        prefill, decode = per_token * input_tokens, per_token * output_tokens
        matmul = matmul_flops(shape.dimensions, requests) if shape.dimensions else None
        return FlopsResult(
            flops_total=prefill + decode,
            flops_prefill=prefill,
            flops_decode=decode,
            flops_per_output_token=(prefill + decode) / output_tokens if output_tokens else None,
            flops_matmul_total=float(matmul.prefill + matmul.decode) if matmul else None,
            flops_matmul_prefill=float(matmul.prefill) if matmul else None,
            flops_matmul_decode=float(matmul.decode) if matmul else None,
            flops_matmul_attention_prefill=float(matmul.attention_prefill) if matmul else None,
            flops_matmul_attention_decode=float(matmul.attention_decode) if matmul else None,
            padding_share=_padding_share(requests),
            peak_flops_per_s=None,
            peak_source=None,
            mfu=None,
            method="palm_all_parameters" if known.non_embedding is None else "palm",
            parameters_total=known.total,
            parameters_non_embedding=known.non_embedding,
            parameters_active=known.active,
            confidence=known.confidence,
        )

    def peak(self, device: str, precision: Precision) -> DevicePeak | None:
        """From the table of published peaks; see `llem_flops.device_peak`."""
        return device_peak(device, precision)

    def memory(
        self,
        shape: ModelShape,
        precision: Precision,
        batch_size: int,
        length: int,
        *,
        input_length: int = 0,
        weight_bits: WeightBits | None = None,
    ) -> MemoryEstimate:
        """Memory in MiB; see `llem_flops.memory_estimate`."""
        return memory_estimate(
            shape,
            precision,
            batch_size,
            length,
            input_length=input_length,
            weight_bits=weight_bits,
        )


def palm_counter(_settings: RunSettings) -> FlopsCounter:
    """The factory behind the entry point; nothing in the settings bears on it."""
    return PalmCounter()


def _refuse_negative(requests: Sequence[RequestTokens]) -> None:
    for request in requests:
        counts = (
            request.input_tokens,
            request.output_tokens,
            request.padded_tokens,
            request.discarded_tokens,
        )
        if min(counts) < 0:
            raise ValueError(f"{request}: no count may be negative")


def _padding_share(requests: Sequence[RequestTokens]) -> float:
    """Of the positions that went through the model; the last token of a row does not."""
    wasted = sum(request.padded_tokens + request.discarded_tokens for request in requests)
    passed = sum(
        request.padded_tokens
        + request.input_tokens
        + max(request.output_tokens + request.discarded_tokens - 1, 0)
        for request in requests
    )
    return wasted / passed if passed else 0.0
