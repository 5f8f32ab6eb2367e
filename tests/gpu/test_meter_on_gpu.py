"""The meter suites' hardware tier: the NVML meter on real boards that multiply matrices."""

from typing import Any

import pytest
from llem_contracts import SystemClock, create
from llem_energy.descriptors import NVML_DEVICES, NVML_METER
from llem_schema import RunSettings
from llem_testing import example_accelerator
from llem_testing.suites import HardwareMeterSuite, WorkBench


class GpuBench(WorkBench):
    """All GPUs that this process may use."""

    def __init__(self, products: Any) -> None:
        self._products = products
        super().__init__(
            meter=create(NVML_METER, RunSettings()),
            clock=SystemClock(),
            devices=create(NVML_DEVICES, RunSettings()).visible(),
            stranger=example_accelerator(9),
        )

    def work(self, seconds: float) -> None:
        self._products.work(seconds)


class TestNvmlMeter(HardwareMeterSuite):
    descriptor = NVML_METER

    @pytest.fixture(autouse=True)
    def _take_products(self, products: Any) -> None:
        self._products = products

    def make_bench(self) -> WorkBench:
        return GpuBench(self._products)
