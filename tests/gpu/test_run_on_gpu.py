"""`llem run` on a real GPU with its own sensors."""

import pytest
from llem_schema import AcceleratorFacts, unexplained
from llem_store import load_result
from llem_testing.process import Command


@pytest.fixture(scope="module")
def limit_factor() -> float:
    """A mean power above this many times the limit is a fault of the tool."""
    return 1.05


class TestRunOnGpu:
    def test_energy_comes_from_the_gpu_that_the_model_is_on(
        self, llem: Command, limit_factor: float
    ) -> None:
        done = llem(
            "run", "--model", "builtin:gpt2", "-n", "16", "--batch-size", "16",
            "--set=max_output_tokens=64", "--set=baseline.duration_seconds=5",
        )  # fmt: skip
        assert done.code == 0, done.stderr
        (folder,) = llem.run_folders()
        run = load_result(folder)
        result = run.result
        assert unexplained(result) == ()
        assert result.meter.name == "nvml"
        assert result.energy_total_j is not None
        assert result.energy_per_device_j is not None
        (uuid,) = result.energy_per_device_j
        (gpu,) = [g for g in result.environment_snapshot.gpus if g.uuid == uuid]
        assert isinstance(gpu, AcceleratorFacts)
        mean_w = result.energy_total_j / result.window_duration_s
        assert result.baseline_power_w is not None
        assert mean_w > result.baseline_power_w
        if gpu.power_limit_w is not None:
            assert mean_w < limit_factor * gpu.power_limit_w
        assert result.environment_snapshot.cuda_version is not None
        assert result.memory.source == "allocator"
        table = run.timeseries()
        assert table is not None
        assert table.num_rows / result.window_duration_s > 1
