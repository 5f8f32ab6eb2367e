"""Weights in fewer bits, by bitsandbytes."""

from typing import Any

from llem_contracts import Problem
from llem_schema import ModelShape, Precision, QuantizationConfig

from llem_backend_pytorch.libraries import Installed, missing
from llem_backend_pytorch.settings import DTYPES

LIBRARIES = ("bitsandbytes", "accelerate")
_OF_4_BITS = ("quant_type", "double_quant", "compute_dtype")


def bitsandbytes_arguments(
    quantization: QuantizationConfig, precision: Precision
) -> dict[str, Any]:
    """Arguments of transformers' `BitsAndBytesConfig`.

    What is left open is transformers' own default, but for the type of the arithmetic: that is the
    run's precision, and not fp32.
    """
    if quantization.bits == 8:
        return {"load_in_8bit": True}
    return {
        "load_in_4bit": True,
        "bnb_4bit_quant_type": quantization.quant_type or "fp4",
        "bnb_4bit_use_double_quant": bool(quantization.double_quant),
        "bnb_4bit_compute_dtype": DTYPES[quantization.compute_dtype or precision],
    }


def experts_problems(
    model: str, shape: ModelShape | None, quantization: QuantizationConfig | None
) -> tuple[Problem, ...]:
    """A remark where experts keep their precision: transformers holds those of a layer in one
    tensor, and bitsandbytes looks for matrices of their own."""
    if quantization is None or shape is None:
        return ()
    if not shape.counted_expert_parameters or not shape.counted_parameters:
        return ()
    share = shape.counted_expert_parameters / shape.counted_parameters
    return (
        Problem(
            code="experts_not_quantised",
            message=f"bitsandbytes leaves the experts of {model!r} as they are: {share:.0%} of its "
            "weights keep their precision",
            cure="Take a checkpoint whose experts were quantised before.",
            blocking=False,
        ),
    )


def quantization_problems(
    quantization: QuantizationConfig, installed: Installed
) -> tuple[Problem, ...]:
    """What is wrong with it on any machine, and what this one lacks."""
    idle = [name for name in _OF_4_BITS if getattr(quantization, name) is not None]
    conflicts = tuple(
        Problem(
            code="setting_conflict",
            message=f"pytorch.quantization.{name} has no effect at 8 bits",
            cure="Leave it out, or set pytorch.quantization.bits to 4.",
        )
        for name in (idle if quantization.bits == 8 else ())
    )
    return (
        *conflicts,
        *missing(
            LIBRARIES,
            needed_by="pytorch.quantization",
            extra="quantization",
            installed=installed,
        ),
    )
