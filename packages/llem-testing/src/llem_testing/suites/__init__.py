"""A suite for each boundary: what its contract promises, as tests that anyone can run.

Subclass the suite of your boundary in a test module, name your implementation in its hooks, and
pytest collects the rest.
"""

import pytest

pytest.register_assert_rewrite(
    "llem_testing.suites.any_meter",
    "llem_testing.suites.backend_bench",
    "llem_testing.suites.backend_generate",
    "llem_testing.suites.backend_load",
    "llem_testing.suites.backend_plan",
    "llem_testing.suites.devices",
    "llem_testing.suites.executor",
    "llem_testing.suites.flops",
    "llem_testing.suites.meter",
    "llem_testing.suites.hardware_meter",
    "llem_testing.suites.meter_senseless",
    "llem_testing.suites.prompts",
    "llem_testing.suites.sensing_meter",
    "llem_testing.suites.store_bench",
    "llem_testing.suites.store_catalogue",
    "llem_testing.suites.store_load",
    "llem_testing.suites.store_runs",
    "llem_testing.suites.store_state",
)

from llem_testing.suites.backend import BackendSuite  # noqa: E402
from llem_testing.suites.base import ContractSuite  # noqa: E402
from llem_testing.suites.devices import DevicesSuite  # noqa: E402
from llem_testing.suites.executor import ExecutorSuite  # noqa: E402
from llem_testing.suites.executor_bench import ExecutorBench  # noqa: E402
from llem_testing.suites.flops import FlopsSuite  # noqa: E402
from llem_testing.suites.hardware_meter import HardwareMeterSuite  # noqa: E402
from llem_testing.suites.meter import MeterSuite  # noqa: E402
from llem_testing.suites.meter_bench import MeterBench  # noqa: E402
from llem_testing.suites.meter_senseless import SenselessMeterSuite  # noqa: E402
from llem_testing.suites.polled_bench import PolledBench  # noqa: E402
from llem_testing.suites.powercap_bench import PowercapBench  # noqa: E402
from llem_testing.suites.prompts import PromptsSuite  # noqa: E402
from llem_testing.suites.scripted_bench import ScriptedBench  # noqa: E402
from llem_testing.suites.scripted_executor_bench import ScriptedExecutorBench  # noqa: E402
from llem_testing.suites.simulated_bench import SimulatedBench  # noqa: E402
from llem_testing.suites.store import StoreSuite  # noqa: E402
from llem_testing.suites.work_bench import WorkBench  # noqa: E402

__all__ = [
    "BackendSuite",
    "ContractSuite",
    "DevicesSuite",
    "ExecutorBench",
    "ExecutorSuite",
    "FlopsSuite",
    "HardwareMeterSuite",
    "MeterBench",
    "MeterSuite",
    "PolledBench",
    "PowercapBench",
    "PromptsSuite",
    "ScriptedBench",
    "ScriptedExecutorBench",
    "SenselessMeterSuite",
    "SimulatedBench",
    "StoreSuite",
    "WorkBench",
]
