"""The tests that need a GPU run where there is one, and with no plugin of pytest."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    SCENARIO_VARIABLE,
    ConstantPower,
    Gpu,
    Scenario,
    write_scenario,
)

ROOT = Path(__file__).parents[2]


def pytest_on_gpu(folder: Path, **environ: str) -> str:
    """What pytest says of one of those tests, without the plugins of the workspace."""
    without = [option for name in ("timeout", "randomly") for option in ("-p", f"no:{name}")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/gpu", "-k", "TestBackend"),
            *("-o", f"cache_dir={folder / 'cache'}", *without),
        ],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class TestGpuTests:
    def test_are_skipped_where_no_gpu_is_visible(self, tmp_path: Path) -> None:
        said = pytest_on_gpu(tmp_path, LLEM_NVML_BINDING="math:inf")
        assert "no NVIDIA GPU is visible" in said

    @pytest.mark.slow
    def test_look_for_a_torch_that_can_use_the_gpu_that_is_visible(self, tmp_path: Path) -> None:
        gpu = Gpu(
            uuid="GPU-simulated",
            power=ConstantPower(power_w=70.0),
            sensors=CONTINUOUS_COUNTER,
        )
        machine = tmp_path / "machine.json"
        write_scenario(Scenario(gpus=(gpu,), start_ns=time.monotonic_ns()), machine)
        said = pytest_on_gpu(
            tmp_path,
            CUDA_VISIBLE_DEVICES="0",
            LLEM_NVML_BINDING="llem_testing.simulated_gpu.binding:BINDING",
            **{SCENARIO_VARIABLE: str(machine)},
        )
        assert "no NVIDIA GPU is visible" not in said
        assert "torch cannot use CUDA" in said or "1 passed" in said
