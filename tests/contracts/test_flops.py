"""Every installed FLOPs counter keeps the contract."""

from llem_contracts import FlopsCounter
from llem_flops.palm import PalmCounter
from llem_testing.suites import FlopsSuite


class TestPalmCounter(FlopsSuite):
    plugin = ("llem.flops", "palm")

    def make_counter(self) -> FlopsCounter:
        return PalmCounter()
