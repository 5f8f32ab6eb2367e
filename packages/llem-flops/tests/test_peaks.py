"""The table of published peaks."""

import pytest
from llem_flops import PalmCounter, device_peak, published_peaks
from llem_schema import Precision


class TestNames:
    @pytest.mark.parametrize(
        ("device", "precision", "tflops"),
        [
            ("NVIDIA H100 80GB HBM3", "bf16", 989.4),
            ("NVIDIA H100 PCIe", "bf16", 756),
            ("NVIDIA H100 NVL", "fp16", 835.5),
            ("NVIDIA H200", "fp32", 67),
            ("NVIDIA A100-SXM4-80GB", "bf16", 312),
            ("NVIDIA A100 80GB PCIe", "fp32", 19.5),
            ("A100-SXM4-40GB", "fp16", 312),
            ("Tesla V100-SXM2-16GB", "fp16", 125),
            ("Tesla T4", "fp16", 65),
            ("NVIDIA L4", "bf16", 121),
            ("NVIDIA L40S", "bf16", 362.05),
            ("NVIDIA GeForce RTX 4090", "bf16", 165.2),
            ("NVIDIA GeForce RTX 3090", "fp32", 35.6),
        ],
    )
    def test_a_board_is_known_by_the_name_that_its_driver_gives(
        self, device: str, precision: Precision, tflops: float
    ) -> None:
        peak = device_peak(device, precision)
        assert peak is not None
        assert peak.flops_per_s == pytest.approx(tflops * 1e12)
        assert peak.source

    @pytest.mark.parametrize(
        "device",
        [
            "NVIDIA GeForce RTX 4090 Laptop GPU",
            "NVIDIA GeForce RTX 4090 D",
            "NVIDIA H100",
            "NVIDIA A100-SXM4-80GB MIG 1g.10gb",
            "Intel(R) Xeon(R) Platinum 8481C",
            "",
        ],
    )
    def test_a_name_that_only_begins_like_one_is_not_known(self, device: str) -> None:
        assert device_peak(device, "bf16") is None

    @pytest.mark.parametrize("device", ["Tesla T4", "Tesla V100-PCIE-16GB"])
    def test_a_precision_that_the_tensor_cores_lack_has_no_peak(self, device: str) -> None:
        assert device_peak(device, "bf16") is None
        assert device_peak(device, "fp16") is not None

    def test_the_counter_answers_from_the_table(self) -> None:
        assert PalmCounter().peak("NVIDIA H200", "bf16") == device_peak("NVIDIA H200", "bf16")


class TestTable:
    @pytest.mark.parametrize("row", published_peaks(), ids=lambda row: row.device)
    def test_every_row_is_dense_and_has_its_source(self, row) -> None:  # type: ignore[no-untyped-def]
        assert row.driver_names
        assert row.source
        assert {"fp16", "fp32"} <= set(row.tflops)
        # the tensor cores are at least twice and, without sparsity, at most 30 times as fast
        assert 1.9 < row.tflops["fp16"] / row.tflops["fp32"] < 31
        assert row.tflops.get("bf16", row.tflops["fp16"]) == row.tflops["fp16"]

    def test_no_name_is_there_twice(self) -> None:
        names = [name for row in published_peaks() for name in row.driver_names]
        assert len(names) == len(set(names))
