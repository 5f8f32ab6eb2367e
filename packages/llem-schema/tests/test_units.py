"""Every measured number of a result says its unit in its name (RES-01)."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from llem_schema import ExperimentConfig, ExperimentResult, Model

UNITS = ("_cores", "_j", "_w", "_s", "_ms", "_mib", "_mhz", "_c", "_g", "_g_per_kwh")
WITHOUT_UNIT = frozenset(
    {
        # ratios
        "baseline_share",
        "resident_share",
        "throttled_share",
        "overhead_share",
        "scale",
        "level",
        "padding_share",
        "mfu",
        "final_cv",
        "power_cv",
        "pue",
        "target_cv",
        # a count that is no whole number
        "effective_samples",
        # of tokens, as the field that holds them says: `input_tokens`
        "mean",
        "p05",
        "p25",
        "p50",
        "p75",
        "p95",
        # joules by name, as the docstring says
        "terms",
    }
)


def inside(annotation: Any) -> Iterator[Any]:
    """A type and its arguments, down to the last."""
    yield annotation
    for argument in get_args(annotation):
        yield from inside(argument)


def models_below(model: type[Model]) -> set[type[Model]]:
    """A model and all models that its fields hold; the config is chosen, not measured."""
    found = {model}
    for field in model.model_fields.values():
        for part in inside(field.annotation):
            if isinstance(part, type) and issubclass(part, Model) and part is not ExperimentConfig:
                found |= models_below(part)
    return found


FIGURES = sorted(
    f"{model.__name__}.{name}"
    for model in models_below(ExperimentResult)
    for name, field in model.model_fields.items()
    if float in inside(field.annotation)
)


class TestFigures:
    def test_are_found_at_every_depth(self) -> None:
        assert {
            "ExperimentResult.energy_total_j",
            "BaselineRecord.std_w",
            "Percentiles.p99_ms",
            "AcceleratorFacts.power_limit_w",
        } <= set(FIGURES)

    @pytest.mark.parametrize("figure", FIGURES)
    def test_have_their_unit_in_their_name(self, figure: str) -> None:
        name = figure.split(".")[1]
        assert name.endswith(UNITS) or name.startswith("flops_") or name in WITHOUT_UNIT
