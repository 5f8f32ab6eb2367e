"""`llem run` on a real GPU with its own sensors."""

from llem_schema import AcceleratorFacts, unexplained
from llem_store import load_result
from llem_testing.process import Command

LIMIT_FACTOR = 1.05
"""A mean power above this many times the limit is a fault of the tool."""


class TestRunOnGpu:
    def test_energy_comes_from_the_gpu_that_the_model_is_on(self, llem: Command) -> None:
        done = llem(
            "run", "--model", "builtin:gpt2", "-n", "16", "--batch-size", "16",
            "--set=max_output_tokens=64", "--set=baseline.duration_seconds=5",
            within_s=400.0,
        )  # fmt: skip
        assert done.code == 0, done.stderr
        (folder,) = llem.run_folders()
        run = load_result(folder)
        result = run.result
        assert unexplained(result) == ()
        assert result.meter.name == "nvml"
        assert "simulated_device" not in result.meter.flags
        assert result.energy_total_j is not None
        assert result.energy_uncertainty_j is not None
        assert 0 < result.energy_uncertainty_j < result.energy_total_j
        assert result.energy_per_device_j is not None
        (uuid,) = result.energy_per_device_j
        (gpu,) = [g for g in result.environment_snapshot.gpus if g.uuid == uuid]
        assert isinstance(gpu, AcceleratorFacts)
        mean_w = result.energy_total_j / result.window_duration_s
        assert result.baseline_power_w is not None
        assert mean_w > result.baseline_power_w
        if gpu.power_limit_w is not None:
            assert mean_w < LIMIT_FACTOR * gpu.power_limit_w
        assert result.window_duration_s >= 10
        assert result.output_tokens == result.passes * 16 * 64
        assert result.environment_snapshot.cuda_version is not None
        assert result.memory.source == "allocator"
        table = run.timeseries()
        assert table is not None
        inside = [
            row["monotonic_ns"]
            for row in table.to_pylist()
            if result.window.start_ns <= row["monotonic_ns"] <= result.window.end_ns
        ]
        assert len(inside) / result.window_duration_s > 1
