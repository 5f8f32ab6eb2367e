"""The FLOPs of a result, how much of the devices' peak they were, and reasons for gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from llem_contracts import DevicePeak, FlopsCounter, GeneratedRequest, NotSupported, RequestTokens
from llem_schema import (
    AcceleratorFacts,
    DeviceFacts,
    FlopsResult,
    ModelShape,
    NotMeasured,
    Precision,
)

_PEAK_FIELDS = ("peak_flops_per_s", "peak_source", "mfu")


@dataclass(frozen=True)
class FlopsFigures:
    """The FLOPs of a result; `missing` explains every None in it."""

    record: FlopsResult | None
    missing: dict[str, NotMeasured] = field(default_factory=dict)


def flops_figures(
    counter: FlopsCounter,
    shape: ModelShape,
    requests: Sequence[GeneratedRequest],
    devices: Sequence[DeviceFacts],
    *,
    precision: Precision,
    duration_s: float,
) -> FlopsFigures:
    """Count for the window's requests, and compare with the peak of all devices together.

    MFU is `flops_matmul_total / (duration_s x peak)`, the definition of Chowdhery et al. 2022
    (arXiv:2204.02311, appendix B) for the tokens of a window instead of a training step.
    """
    try:
        counted = counter.count(shape, [_tokens(request) for request in requests])
    except NotSupported as error:
        reason = NotMeasured(code="shape_unknown", reason=str(error))
        return FlopsFigures(None, {"flops": reason})
    missing = _gaps(counted, shape)
    peak = _peak(counter, devices, precision)
    if isinstance(peak, NotMeasured):
        return FlopsFigures(counted, missing | {f"flops.{name}": peak for name in _PEAK_FIELDS})
    mfu = None
    if counted.flops_matmul_total is None:
        missing["flops.mfu"] = missing["flops.flops_matmul_total"]
    elif duration_s > 0:
        mfu = counted.flops_matmul_total / (duration_s * peak.flops_per_s)
    else:
        missing["flops.mfu"] = NotMeasured(
            code="unresolved_window", reason="the window has no length"
        )
    record = counted.model_copy(
        update={
            "peak_flops_per_s": peak.flops_per_s,
            "peak_source": peak.source,
            "mfu": mfu,
        }
    )
    return FlopsFigures(record, missing)


def shape_gaps(shape: ModelShape) -> dict[str, NotMeasured]:
    """Why there is None in the shape of a result's model."""
    gaps: dict[str, NotMeasured] = {}
    unknown = NotMeasured(
        code="shape_unknown",
        reason=f"the engine does not tell it for the architecture {shape.architecture!r}",
    )
    dense = NotMeasured(code="not_applicable", reason="the model is no mixture of experts")
    for name in ("dimensions", "counted_parameters", "counted_embedding_parameters"):
        if getattr(shape, name) is None:
            gaps[f"model.shape.{name}"] = unknown
    for name in ("experts_per_layer", "active_experts_per_layer", "counted_expert_parameters"):
        if getattr(shape, name) is None:
            gaps[f"model.shape.{name}"] = dense if shape.experts_per_layer is None else unknown
    if shape.dimensions is not None:
        if shape.dimensions.experts is None:
            gaps["model.shape.dimensions.experts"] = dense
        if shape.dimensions.sliding_window is None:
            gaps["model.shape.dimensions.sliding_window"] = NotMeasured(
                code="not_applicable", reason="every layer sees every position"
            )
    return gaps


def _tokens(request: GeneratedRequest) -> RequestTokens:
    return RequestTokens(
        input_tokens=request.input_tokens,
        output_tokens=request.output_tokens,
        padded_tokens=request.padded_tokens,
        discarded_tokens=request.discarded_tokens,
    )


def _gaps(counted: FlopsResult, shape: ModelShape) -> dict[str, NotMeasured]:
    gaps: dict[str, NotMeasured] = {}
    if counted.parameters_non_embedding is None:
        gaps["flops.parameters_non_embedding"] = NotMeasured(
            code="shape_unknown", reason="of the parameters only the total is known"
        )
    if counted.flops_per_output_token is None:
        gaps["flops.flops_per_output_token"] = NotMeasured(
            code="not_applicable", reason="there were no output tokens"
        )
    unknown = NotMeasured(
        code="shape_unknown",
        reason=f"the dimensions of the architecture {shape.architecture!r} are not described",
    )
    for name in FlopsResult.model_fields:
        if name.startswith("flops_matmul_") and getattr(counted, name) is None:
            gaps[f"flops.{name}"] = unknown
    return gaps


def _peak(
    counter: FlopsCounter, devices: Sequence[DeviceFacts], precision: Precision
) -> DevicePeak | NotMeasured:
    """Of all devices together, or why it is not known."""
    peaks: list[DevicePeak] = []
    for device in devices:
        if not isinstance(device, AcceleratorFacts):
            return NotMeasured(
                code="not_applicable", reason="the run computes on the CPU, whose peak is not known"
            )
        if device.mig_enabled:
            return NotMeasured(
                code="not_applicable",
                reason=f"{device.name} is divided into slices, whose peak is not known",
            )
        peak = counter.peak(device.name, precision)
        if peak is None:
            return NotMeasured(
                code="peak_unknown",
                reason=f"the peak of {device.name} in {precision} is not in the table of devices",
            )
        peaks.append(peak)
    sources = dict.fromkeys(peak.source for peak in peaks)
    return DevicePeak(sum(peak.flops_per_s for peak in peaks), "; ".join(sources))
