"""Whether a GPU suits precision and torch is told without touching it."""

import pytest
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.gpu_support import built_architectures, gpu_problems
from llem_schema import ExperimentConfig, PyTorchConfig
from llem_testing import example_accelerator

WHEEL = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120")


def found(precision, capability, architectures=WHEEL):
    gpu = example_accelerator(compute_capability=capability)
    return gpu_problems(precision, gpu, architectures)


def codes(*arguments):
    return [(problem.code, problem.blocking) for problem in found(*arguments)]


class TestTorch:
    @pytest.mark.parametrize(
        "capability", ["7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "10.3", "12.0", "12.1", "13.0"]
    )
    def test_built_for_a_generation_runs_on_all_that_it_has(self, capability):
        assert codes("fp32", capability) == []

    @pytest.mark.parametrize("capability", ["6.1", "7.0", "11.0"])
    def test_built_for_other_generations_stops_the_run(self, capability):
        (problem,) = found("fp32", capability)
        assert (problem.code, problem.blocking) == ("gpu_not_supported", True)
        assert capability in problem.message
        assert "sm_75" in problem.message

    def test_built_for_one_very_gpu_runs_on_no_other(self):
        assert codes("fp32", "9.0", ("sm_90a",)) == []
        assert codes("fp32", "10.3", ("sm_100a",)) == [("gpu_not_supported", True)]
        assert codes("fp32", "10.3", ("sm_100f",)) == []

    def test_of_which_too_little_is_known_is_not_judged(self):
        assert codes("bf16", None) == []
        assert codes("fp32", "6.1", ()) == []
        assert codes("fp32", "6.1", ("gfx90a",)) == []

    def test_tells_what_it_was_built_for_and_initialises_nothing(self):
        import torch

        assert bool(built_architectures()) == (torch.version.cuda is not None)
        assert not torch.cuda.is_initialized()


class TestPrecision:
    @pytest.mark.parametrize(
        ("precision", "capability", "instead"),
        [("bf16", "7.5", "fp16"), ("bf16", "6.1", "fp32"), ("fp16", "6.1", "fp32")],
    )
    def test_that_the_gpu_has_no_units_for_is_a_warning_with_another_one(
        self, precision, capability, instead
    ):
        (problem,) = found(precision, capability, ())
        assert (problem.code, problem.blocking) == ("slow_precision", False)
        assert precision in problem.message
        assert instead in problem.cure

    @pytest.mark.parametrize(
        ("precision", "capability"),
        [("bf16", "8.0"), ("bf16", "9.0"), ("fp16", "7.0"), ("fp16", "6.0"), ("fp32", "5.0")],
    )
    def test_that_it_has_units_for_is_none(self, precision, capability):
        assert codes(precision, capability, ()) == []


class TestPlan:
    def test_has_what_is_wrong_with_its_gpu_and_with_no_other(self, backend: PyTorchBackend):
        def told(*gpus):
            config = ExperimentConfig(model="builtin:tiny", pytorch=PyTorchConfig(device="cuda"))
            return [problem.code for problem in backend.plan(config, gpus).problems]

        old = example_accelerator(0, compute_capability="7.5")
        new = example_accelerator(1, compute_capability="9.0")
        assert "slow_precision" in told(old, new)
        assert "slow_precision" not in told(new, old)
