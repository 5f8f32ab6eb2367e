"""A simulated driver in the place of pynvml."""

import importlib
import os
import shutil

import pynvml
from llem_testing import FakeClock
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    ConstantPower,
    Gpu,
    Scenario,
    SimulatedNvml,
    StandIn,
)


def boards(count: int) -> SimulatedNvml:
    clock = FakeClock()
    gpus = tuple(
        Gpu(
            uuid=f"GPU-{number}",
            pci_bus_id=f"00000000:0{number + 1}:00.0",
            power=ConstantPower(power_w=100.0),
            sensors=CONTINUOUS_COUNTER,
        )
        for number in range(count)
    )
    return SimulatedNvml(Scenario(gpus=gpus).starting(clock), clock.monotonic_ns)


class TestStandIn:
    def test_is_what_is_imported_while_it_is_installed(self) -> None:
        stand_in = StandIn()
        with stand_in.installed():
            assert importlib.import_module("pynvml") is stand_in
        assert importlib.import_module("pynvml") is pynvml

    def test_leaves_no_trace_where_nothing_had_imported_pynvml(self) -> None:
        modules = dict[str, object]()
        stand_in = StandIn()
        with stand_in.installed(modules):
            assert modules == {"pynvml": stand_in}
        assert modules == {}

    def test_brings_a_tool_of_the_driver_and_takes_it_away(self) -> None:
        path = os.environ["PATH"]
        with StandIn().installed():
            tool = shutil.which("nvidia-smi")
            assert tool is not None
            assert os.spawnl(os.P_WAIT, tool, tool, "--help") == 0
        assert os.environ["PATH"] == path
        assert shutil.which("nvidia-smi") != tool

    def test_answers_for_the_binding_that_it_stands_for_now(self) -> None:
        stand_in = StandIn()
        stand_in.nvmlInit()
        assert stand_in.nvmlDeviceGetCount() == 0
        for count in (1, 2):
            stand_in.stand_for(boards(count))
            assert stand_in.nvmlDeviceGetCount() == count
        assert stand_in.NVMLError is pynvml.NVMLError

    def test_a_shutdown_meant_for_an_earlier_binding_stops_nothing(self) -> None:
        stand_in = StandIn()
        stand_in.nvmlInit()
        stand_in.stand_for(boards(1))
        stand_in.nvmlShutdown()
        assert stand_in.nvmlDeviceGetCount() == 1
