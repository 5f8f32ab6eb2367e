"""What llem expects of a backend and of a meter, run on ours."""

from collections.abc import Mapping
from typing import Any

from llem_contracts import GenerationRequest, InferenceBackend
from llem_plugin_acme import EchoBackend, Wattmeter
from llem_plugin_acme.descriptors import ECHO, WATTMETER
from llem_schema import ExperimentConfig
from llem_testing import FakeClock, example_host
from llem_testing.suites import BackendSuite, MeterBench, MeterSuite


class TestEcho(BackendSuite):
    descriptor = ECHO

    def make_backend(self) -> InferenceBackend:
        return EchoBackend()

    def fields(self) -> dict[str, Any]:
        return {
            "backend": "acme-echo",
            "model": "acme:echo",
            "extension": {"acme-echo": {"step_ms": 0.0, "batch_size": 2}},
        }

    def natural_tokens(self, request: GenerationRequest) -> int:
        return len(request.token_ids)

    def unusable(self) -> tuple[InferenceBackend, ExperimentConfig]:
        return self.make_backend(), self.config(model="acme:silence")


class WattmeterBench(MeterBench):
    """A wattmeter on a machine that draws 70 W, whatever it does."""

    def __init__(self) -> None:
        display = {"ACME_WATTMETER": '{"idle_w": 70.0, "busy_w": 70.0, "gain_error": 0.02}'}
        clock, host = FakeClock(), example_host()
        power_w = {host.uuid: 70.0}
        super().__init__(
            meter=Wattmeter(display, clock),
            clock=clock,
            devices=[host],
            idle_w=power_w,
            busy_w=power_w,
        )

    def advance(self, seconds: float, watts: Mapping[str, float]) -> None:
        self.clock.sleep(seconds)


class TestWattmeter(MeterSuite):
    descriptor = WATTMETER

    def make_bench(self) -> MeterBench:
        return WattmeterBench()
