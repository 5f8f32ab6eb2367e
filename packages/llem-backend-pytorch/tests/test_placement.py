"""Devices of a model, and what stands in the way of a setting."""

from types import SimpleNamespace

import pytest
import torch
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.identity import devices_of
from llem_backend_pytorch.libraries import is_installed, missing
from llem_backend_pytorch.placement import device_map_of, planned_devices, refuse_offloading
from llem_backend_pytorch.settings import settings_of
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig, PyTorchConfig, QuantizationConfig, RunSettings
from llem_testing import example_accelerator, example_host

GPUS = (example_host(), example_accelerator(0), example_accelerator(1))


def config_of(**section):
    return ExperimentConfig(
        model="builtin:tiny",
        precision="fp32",
        max_output_tokens=4,
        pytorch=PyTorchConfig(**section),
    )


def without(*names):
    """A backend on a machine that lacks these libraries and has all others."""
    return PyTorchBackend(RunSettings(), installed=lambda name: name not in names)


def problem_of(backend, config, devices=()):
    (problem,) = [p for p in backend.plan(config, devices).problems if p.blocking]
    with pytest.raises(BackendError) as caught, backend.load(config):
        pass
    assert (str(caught.value), caught.value.cure) == (problem.message, problem.cure)
    return problem


class TestLibraries:
    def test_are_looked_for_where_python_looks(self):
        assert is_installed("torch")
        assert not is_installed("no_such_library")

    def test_that_are_missing_are_told_together_with_the_command_that_brings_them(self):
        (problem,) = missing(("a", "b"), needed_by="x", extra="y", installed=lambda _name: False)
        assert problem.message == "x needs a and b, which are not installed"
        assert problem.cure == "pip install 'llem-backend-pytorch[y]'"

    def test_that_are_there_are_no_problem(self):
        assert missing(("a",), needed_by="x", extra="y", installed=lambda _name: True) == ()


class TestQuantization:
    four = QuantizationConfig(bits=4)

    def test_without_bitsandbytes_is_refused_with_the_command_that_brings_it(self):
        backend = without("bitsandbytes")
        codes = {p.code: p for p in backend.plan(config_of(quantization=self.four), ()).problems}
        assert "bitsandbytes" in codes["missing_library"].message
        assert "llem-backend-pytorch[quantization]" in codes["missing_library"].cure
        with pytest.raises(BackendError, match="bitsandbytes"):
            backend.load(config_of(quantization=self.four)).__enter__()

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
    def test_without_a_gpu_is_refused(self):
        problem = problem_of(without(), config_of(quantization=self.four))
        assert problem.code == "no_cuda_device"
        assert "pytorch.quantization" in problem.cure

    @pytest.mark.parametrize("name", ["quant_type", "double_quant", "compute_dtype"])
    def test_in_8_bits_has_no_use_for_the_settings_of_4(self, name):
        value = {"quant_type": "nf4", "double_quant": False, "compute_dtype": "bf16"}[name]
        eight = QuantizationConfig(bits=8, **{name: value})
        problems = without().plan(config_of(quantization=eight), GPUS).problems
        (problem,) = [p for p in problems if p.code == "setting_conflict"]
        assert f"quantization.{name} has no effect" in problem.message

    def test_leaves_the_parameters_as_they_are(self):
        quantised = without().plan(config_of(quantization=self.four), GPUS)
        assert quantised.shape == without().plan(config_of(), GPUS).shape
        assert quantised.shape.counted_parameters == 483_968

    def test_is_told_to_the_memory_estimate_and_recorded(self):
        plan = without().plan(config_of(quantization=self.four), GPUS)
        assert plan.weight_bits == 4
        assert plan.effective_config["quantization"]["bits"] == 4
        assert plan.effective_config["quantization"]["bnb_4bit_compute_dtype"] == "float32"
        assert without().plan(config_of(), GPUS).weight_bits is None

    def test_of_a_mixture_leaves_the_experts_and_says_so(self):
        mixture = config_of(quantization=self.four).model_copy(
            update={"model": "builtin:mixtral-8x7b", "precision": "bf16"}
        )
        remarks = [p for p in without().plan(mixture, GPUS).problems if not p.blocking]
        (remark,) = [p for p in remarks if p.code == "experts_not_quantised"]
        assert "97%" in remark.message

    def test_of_a_dense_model_is_not_remarked(self):
        plan = without().plan(config_of(quantization=self.four), GPUS)
        assert "experts_not_quantised" not in {problem.code for problem in plan.problems}


class TestDeviceMap:
    def test_plans_all_gpus(self):
        settings = settings_of(config_of(device_map="auto"))
        assert planned_devices(settings, "cuda:0", GPUS) == ("cuda:0", "cuda:1")
        assert planned_devices(settings, "cpu", GPUS[:1]) == ("cpu",)
        alone = settings_of(config_of())
        assert planned_devices(alone, "cuda:0", GPUS) == ("cuda:0",)

    def test_without_accelerate_is_refused_with_the_command_that_brings_it(self):
        problem = problem_of(without("accelerate"), config_of(device_map="auto"))
        assert problem.code == "missing_library"
        assert problem.cure == "pip install 'llem-backend-pytorch[device-map]'"

    def test_beside_the_cpu_as_device_is_refused(self):
        problem = problem_of(without(), config_of(device_map="auto", device="cpu"))
        assert problem.code == "setting_conflict"

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
    def test_on_a_machine_without_gpus_loads_onto_the_cpu_and_is_recorded(self):
        config = config_of(device_map="auto")
        with without().load(config) as loaded:
            assert loaded.devices == ("host",)
            assert loaded.effective_config["device_map"] == "auto"
            assert loaded.effective_config["placement"] == {"": "cpu"}
            (done,) = loaded.generate([GenerationRequest(0, (1, 2))])
        assert done.output_tokens == 4

    def test_is_read_as_logical_devices(self):
        model = SimpleNamespace(hf_device_map={"a": 0, "b": 1, "c": torch.device("cuda:1")})
        assert device_map_of(model) == {"a": "cuda:0", "b": "cuda:1", "c": "cuda:1"}

    def test_gives_every_device_that_holds_a_part_to_the_meter(self):
        spread = torch.nn.ModuleList(
            [torch.nn.Linear(1, 1, device=device) for device in ("meta", "cpu", "meta")]
        )
        assert devices_of(spread) == (torch.device("meta"), torch.device("cpu"))

    def test_that_leaves_layers_outside_of_the_gpus_is_refused(self):
        model = SimpleNamespace(hf_device_map={"layers.0": 0, "layers.1": "cpu", "head": "disk"})
        with pytest.raises(
            BackendError, match=r"2 of its modules, 'layers.1' among them"
        ) as caught:
            refuse_offloading(model, "m", "cuda:0")
        assert "pytorch.quantization" in caught.value.cure
        refuse_offloading(SimpleNamespace(hf_device_map={"": "cpu"}), "m", "cpu")


class TestThreads:
    def test_are_set_while_the_model_is_loaded_recorded_and_put_back(self):
        before = torch.get_num_threads()
        wanted = before + 1
        plan = without().plan(config_of(num_threads=wanted), ())
        assert plan.effective_config["num_threads"] == wanted
        with without().load(config_of(num_threads=wanted)) as loaded:
            assert torch.get_num_threads() == wanted
            assert loaded.environment()["threads"] == wanted
            assert loaded.effective_config["num_threads"] == wanted
        assert torch.get_num_threads() == before

    def test_are_put_back_where_loading_fails(self):
        before = torch.get_num_threads()
        config = config_of(num_threads=before + 1, model_kwargs={"nonsense": 1})
        with pytest.raises(BackendError), without().load(config):
            pass
        assert torch.get_num_threads() == before
