"""FLOPs of a window, MFU, and a reason for every gap."""

import pytest
from llem_contracts import GeneratedRequest, RequestTokens
from llem_flops import PalmCounter
from llem_harness.flops import FlopsFigures, flops_figures, shape_gaps
from llem_schema import DeviceFacts, FlopsResult, ModelShape, Precision
from llem_testing import example_accelerator, example_host, example_shape

H100 = "NVIDIA H100 80GB HBM3"
PEAK_FIELDS = {"flops.peak_flops_per_s", "flops.peak_source", "flops.mfu"}


def generated(
    input_tokens: int, output_tokens: int, padded: int = 0, discarded: int = 0
) -> GeneratedRequest:
    return GeneratedRequest(
        index=0,
        batch=0,
        input_tokens=input_tokens,
        padded_tokens=padded,
        output_tokens=output_tokens,
        discarded_tokens=discarded,
        start_ns=0,
        token_ns=(1,),
    )


REQUESTS = (generated(300, 20, padded=100), generated(400, 12, discarded=8))


def figures(
    *devices: DeviceFacts,
    shape: ModelShape | None = None,
    precision: Precision = "bf16",
    duration_s: float = 2.0,
) -> FlopsFigures:
    return flops_figures(
        PalmCounter(),
        shape or example_shape(),
        REQUESTS,
        devices,
        precision=precision,
        duration_s=duration_s,
    )


def record(found: FlopsFigures) -> FlopsResult:
    assert found.record is not None
    return found.record


class TestCount:
    def test_each_request_counts_by_its_own_lengths(self) -> None:
        found = record(figures(example_host()))
        tokens = [RequestTokens(300, 20, 100, 0), RequestTokens(400, 12, 0, 8)]
        assert found == PalmCounter().count(example_shape(), tokens)
        assert found.padding_share == pytest.approx(108 / (400 + 19 + 400 + 19))

    def test_a_shape_that_tells_too_little_leaves_the_reason(self) -> None:
        unknown = ModelShape(
            architecture="made-up",
            dimensions=None,
            counted_parameters=None,
            counted_embedding_parameters=None,
        )
        found = figures(example_host(), shape=unknown)
        assert found.record is None
        assert found.missing["flops"].code == "shape_unknown"
        assert "made-up" in found.missing["flops"].reason

    def test_counts_without_dimensions_leave_a_reason_for_every_gap(self) -> None:
        counted = example_shape().model_copy(
            update={"dimensions": None, "counted_embedding_parameters": None}
        )
        found = figures(example_accelerator(name=H100), shape=counted)
        gaps = {name for name, value in record(found) if value is None}
        assert {path.removeprefix("flops.") for path in found.missing} == gaps
        assert "mfu" in gaps
        assert "peak_source" not in gaps


class TestUtilisation:
    def test_it_is_the_matrix_units_work_by_time_and_peak(self) -> None:
        found = figures(example_accelerator(name=H100))
        flops = record(found)
        assert flops.peak_flops_per_s == 989.4e12
        assert flops.flops_matmul_total is not None
        assert flops.mfu == pytest.approx(flops.flops_matmul_total / (2.0 * 989.4e12))
        assert flops.peak_source is not None
        assert "H100" in flops.peak_source
        assert found.missing == {}

    def test_the_peaks_of_all_devices_add_up(self) -> None:
        one = record(figures(example_accelerator(name=H100)))
        two = record(
            figures(example_accelerator(0, name=H100), example_accelerator(1, name="NVIDIA L4"))
        )
        assert two.peak_flops_per_s == pytest.approx(989.4e12 + 121e12)
        assert one.mfu is not None
        assert two.mfu is not None
        assert two.mfu < one.mfu
        assert two.peak_source is not None
        assert "L4" in two.peak_source

    def test_the_precision_of_the_run_decides(self) -> None:
        assert record(figures(example_accelerator(name=H100), precision="fp32")).mfu == (
            pytest.approx(989.4 / 66.9 * (record(figures(example_accelerator(name=H100))).mfu or 0))
        )

    @pytest.mark.parametrize(
        ("device", "code", "reason"),
        [
            (example_host(), "not_applicable", "CPU"),
            (example_accelerator(), "peak_unknown", "Example GPU in bf16"),
            (example_accelerator(name="Tesla T4"), "peak_unknown", "Tesla T4 in bf16"),
            (example_accelerator(name=H100, mig_enabled=True), "not_applicable", "slices"),
        ],
        ids=["cpu", "unknown", "no bf16", "mig"],
    )
    def test_without_a_known_peak_there_is_none_and_the_reason(
        self, device: DeviceFacts, code: str, reason: str
    ) -> None:
        found = figures(device)
        assert record(found).mfu is None
        assert record(found).flops_matmul_total
        assert set(found.missing) == PEAK_FIELDS
        assert {gap.code for gap in found.missing.values()} == {code}
        assert all(reason in gap.reason for gap in found.missing.values())

    def test_one_device_without_a_peak_leaves_all_without(self) -> None:
        found = figures(example_accelerator(0, name=H100), example_accelerator(1))
        assert set(found.missing) == PEAK_FIELDS


class TestShapeGaps:
    def test_a_dense_model_has_neither_experts_nor_a_window(self) -> None:
        gaps = shape_gaps(example_shape())
        assert set(gaps) == {
            "model.shape.dimensions.experts",
            "model.shape.dimensions.sliding_window",
            "model.shape.experts_per_layer",
            "model.shape.active_experts_per_layer",
            "model.shape.counted_expert_parameters",
        }
        assert {gap.code for gap in gaps.values()} == {"not_applicable"}

    def test_a_mixture_that_is_not_described_is_unknown(self) -> None:
        mixture = example_shape().model_copy(update={"dimensions": None, "experts_per_layer": 8})
        gaps = shape_gaps(mixture)
        assert set(gaps) == {
            "model.shape.dimensions",
            "model.shape.active_experts_per_layer",
            "model.shape.counted_expert_parameters",
        }
        assert {gap.code for gap in gaps.values()} == {"shape_unknown"}
