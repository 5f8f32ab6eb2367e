import inspect
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pynvml
import pytest
from llem_contracts import ConfigError
from llem_testing.simulated_gpu import Gpu, Scenario, SimulatedNvml, read_scenario, write_scenario
from llem_testing.simulated_gpu.binding import BINDING
from llem_testing.simulated_gpu.scenario_file import scenario_from_environment


class TestBinding:
    def test_every_function_that_it_has_is_one_of_pynvml(self, drive: Callable[..., Any]) -> None:
        nvml = drive().nvml
        names = [name for name in dir(nvml) if name.startswith("nvml")]
        assert len(names) > 50
        assert [name for name in names if not inspect.isfunction(getattr(pynvml, name, None))] == []

    def test_constants_types_and_exceptions_are_those_of_pynvml(
        self, drive: Callable[..., Any]
    ) -> None:
        nvml = drive().nvml
        assert nvml.NVML_FI_DEV_POWER_INSTANT == 186
        assert nvml.NVMLError is pynvml.NVMLError
        assert nvml.NVMLError_GpuIsLost is pynvml.NVMLError_GpuIsLost
        assert nvml.c_nvmlMemory_t is pynvml.c_nvmlMemory_t
        assert nvml.nvmlStructToFriendlyObject is pynvml.nvmlStructToFriendlyObject

    def test_what_is_not_simulated_never_reaches_the_driver(
        self, drive: Callable[..., Any]
    ) -> None:
        driven = drive()
        with pytest.raises(pynvml.NVMLError_NotSupported):
            driven.nvml.nvmlDeviceGetFanSpeed(driven.handle())
        with pytest.raises(pynvml.NVMLError_NotSupported):
            driven.nvml.nvmlDeviceSetPowerManagementLimit(driven.handle(), 1)

    def test_what_pynvml_lacks_it_lacks_too(self, drive: Callable[..., Any]) -> None:
        assert not hasattr(drive().nvml, "nvmlDeviceGetJoules")

    def test_it_answers_between_start_and_shutdown_alone(self, gpu: Callable[..., Gpu]) -> None:
        nvml = SimulatedNvml(Scenario(gpus=(gpu(),)))
        with pytest.raises(pynvml.NVMLError_Uninitialized):
            nvml.nvmlDeviceGetCount()
        nvml.nvmlInit()
        nvml.nvmlInitWithFlags(0)
        handle = nvml.nvmlDeviceGetHandleByIndex(0)
        nvml.nvmlShutdown()
        assert nvml.nvmlDeviceGetPowerUsage(handle) == 100_000
        nvml.nvmlShutdown()
        for call in (nvml.nvmlShutdown, lambda: nvml.nvmlDeviceGetPowerUsage(handle)):
            with pytest.raises(pynvml.NVMLError_Uninitialized):
                call()

    def test_errors_have_the_words_of_pynvml(self, drive: Callable[..., Any]) -> None:
        assert drive().nvml.nvmlErrorString(pynvml.NVML_ERROR_TIMEOUT) == "Timeout"

    def test_a_time_before_the_scenario_is_told(self, gpu: Callable[..., Gpu]) -> None:
        nvml = SimulatedNvml(Scenario(gpus=(gpu(),), start_ns=10), lambda: 7)
        with pytest.raises(ValueError, match="starts in 3 ns"):
            nvml.nvmlInit()

    def test_a_scenario_is_fetched_at_the_first_start_and_once(
        self, gpu: Callable[..., Gpu]
    ) -> None:
        fetched = []

        def fetch() -> Scenario:
            fetched.append(1)
            return Scenario(gpus=(gpu(),))

        nvml = SimulatedNvml(fetch)
        assert fetched == []
        nvml.nvmlInit()
        nvml.nvmlInit()
        assert fetched == [1]


class TestScenarioFromTheEnvironment:
    @pytest.mark.parametrize(
        "environ", [{}, {"LLEM_SIMULATED_GPU": ""}, {"LLEM_SIMULATED_GPU": "relative.json"}]
    )
    def test_it_wants_an_absolute_path(self, environ: Mapping[str, str]) -> None:
        with pytest.raises(ConfigError, match="LLEM_SIMULATED_GPU") as refused:
            scenario_from_environment(environ)
        assert refused.value.cure is not None

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"absent\.json.*No such file"):
            scenario_from_environment({"LLEM_SIMULATED_GPU": str(tmp_path / "absent.json")})

    def test_a_file_that_is_no_scenario_is_told_with_the_place(
        self, tmp_path: Path, gpu: Callable[..., Gpu]
    ) -> None:
        path = tmp_path / "scenario.json"
        write_scenario(Scenario(gpus=(gpu(),)), path)
        path.write_text(path.read_text().replace('"power_w":', '"power":'))
        with pytest.raises(ConfigError, match=r"scenario\.json.*gpus\.0\.power"):
            read_scenario(path)

    def test_the_binding_reads_it_when_it_starts(
        self, tmp_path: Path, gpu: Callable[..., Gpu]
    ) -> None:
        path = tmp_path / "scenario.json"
        write_scenario(Scenario(gpus=(gpu(name="From a file"),)), path)
        code = (
            "from llem_testing.simulated_gpu.binding import BINDING as nvml\n"
            "nvml.nvmlInit()\n"
            "print(nvml.nvmlDeviceGetName(nvml.nvmlDeviceGetHandleByIndex(0)))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"LLEM_SIMULATED_GPU": str(path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == "From a file\n"

    def test_importing_the_binding_needs_no_file(self) -> None:
        with pytest.raises(pynvml.NVMLError_Uninitialized):
            BINDING.nvmlDeviceGetCount()
