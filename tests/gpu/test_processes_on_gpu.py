"""Copies of a model in processes of their own, each with a GPU."""

from contextlib import closing

import pytest
import torch
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.replicated import load_replicas
from llem_contracts import GenerationRequest
from llem_schema import AcceleratorFacts, ExperimentConfig, PyTorchConfig, RunSettings, unexplained
from llem_store import load_result
from llem_testing.process import Command

NEEDS_TWO = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two GPUs")


class TestOneCopy:
    def test_in_a_process_of_its_own_does_what_it_does_here(self) -> None:
        section = PyTorchConfig(device="cuda", batch_size=2)
        config = ExperimentConfig(
            model="builtin:tiny", precision="fp32", max_output_tokens=8, pytorch=section
        )
        requests = [GenerationRequest(index, (1, 2, 3 + index)) for index in range(5)]
        with PyTorchBackend(RunSettings()).load(config) as model:
            here, devices = model.generate(requests), model.devices
        with closing(load_replicas(config, RunSettings())) as model:
            there = model.generate(requests)
            model.synchronize()
            assert model.devices == devices
            assert model.memory().source == "allocator"
        assert [r.output_tokens for r in there] == [r.output_tokens for r in here]
        assert [r.batch for r in there] == [r.batch for r in here]


class TestTwoCopies:
    @NEEDS_TWO
    def test_have_a_gpu_each_and_both_are_metered(self, llem: Command) -> None:
        done = llem(
            "run", "--model", "builtin:gpt2", "-n", "16", "--batch-size", "8",
            "--set=pytorch.num_processes=2", "--set=max_output_tokens=64",
            "--set=baseline.duration_seconds=5", within_s=400.0,
        )  # fmt: skip
        assert done.code == 0, done.stderr
        (folder,) = llem.run_folders()
        run = load_result(folder)
        result, table = run.result, run.requests()
        assert unexplained(result) == ()
        assert result.energy_per_device_j is not None
        assert len(result.energy_per_device_j) == 2
        seen = {g.uuid for g in result.environment_snapshot.gpus if isinstance(g, AcceleratorFacts)}
        assert set(result.energy_per_device_j) <= seen
        assert table is not None
        assert {row["process"] for row in table.to_pylist()} == {0, 1}
