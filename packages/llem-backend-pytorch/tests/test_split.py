"""A model whose matrices are split among processes."""

import socket
from types import SimpleNamespace

import pytest
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.split import agreed, free_port, rendezvous
from llem_contracts import BackendError, GeneratedRequest, GenerationRequest
from llem_schema import (
    ExperimentConfig,
    LoraConfig,
    PyTorchConfig,
    QuantizationConfig,
    RunSettings,
)
from llem_testing import example_accelerator, example_host

GPUS = (example_host(), example_accelerator(0), example_accelerator(1))
REQUESTS = [GenerationRequest(index, tuple(range(1, 4 + index))) for index in range(3)]


def config_of(model="builtin:tiny", lora=None, **section):
    return ExperimentConfig(
        model=model,
        precision="fp32",
        max_output_tokens=5,
        n=3,
        lora=lora,
        pytorch=PyTorchConfig(**{"tp_plan": "auto", "num_processes": 2, **section}),
    )


def everything(**options):
    """A backend on a machine that has every library."""
    return PyTorchBackend(RunSettings(), installed=lambda _name: True, **options)


def problems(config, backend=None):
    return [p for p in (backend or everything()).plan(config, GPUS).problems if p.blocking]


def answer(index, output_tokens):
    return GeneratedRequest(
        index=index,
        batch=0,
        input_tokens=1,
        padded_tokens=0,
        output_tokens=output_tokens,
        discarded_tokens=0,
        start_ns=0,
        token_ns=(1,) * output_tokens,
    )


class TestPlan:
    def test_is_of_one_model_on_all_of_the_gpus(self):
        plan = everything().plan(config_of(device="cuda"), GPUS)
        assert plan.devices == ("cuda:0", "cuda:1")
        assert plan.replicas == 1
        assert plan.effective_config["tp_plan"] == "auto"

    def test_needs_no_prompt_for_each_process(self):
        assert problems(config_of(batch_size=8)) == problems(config_of())


class TestRefusals:
    def test_one_process_cannot_split_a_model(self):
        (problem,) = problems(config_of(num_processes=None))
        assert problem.code == "tensor_parallel_not_launched"
        assert "pytorch.num_processes" in problem.cure
        assert "pytorch.device_map" in problem.cure

    def test_a_process_that_holds_a_part_is_not_refused_its_part(self):
        assert problems(config_of(num_processes=None), everything(shards=2)) == []

    @pytest.mark.parametrize(
        ("key", "changes"),
        [
            ("pytorch.device_map", {"device_map": "auto"}),
            ("pytorch.quantization", {"quantization": QuantizationConfig(bits=8)}),
            ("pytorch.assistant_model", {"assistant_model": "builtin:tiny"}),
            ("continuous", {"batching": "continuous"}),
            ("lora", {"lora": LoraConfig(path=".")}),
        ],
        ids=["device_map", "quantization", "assistant_model", "continuous", "lora"],
    )
    def test_what_does_not_go_with_split_matrices_is_named(self, key, changes):
        told = [p.message for p in problems(config_of(**changes)) if p.code == "setting_conflict"]
        assert any("tp_plan splits the matrices" in message and key in message for message in told)

    def test_without_accelerate_is_refused_with_the_command_that_brings_it(self):
        backend = PyTorchBackend(RunSettings(), installed=lambda name: name != "accelerate")
        (problem,) = [p for p in problems(config_of(), backend) if p.code == "missing_library"]
        assert "pytorch.tp_plan" in problem.message

    def test_an_architecture_without_a_plan_is_named(self):
        (problem,) = problems(config_of("builtin:gpt2"))
        assert problem.code == "not_supported"
        assert "gpt2" in problem.message


class TestRendezvous:
    def test_is_the_same_for_all_but_the_rank(self):
        first, second = rendezvous(2, 1234, hide_gpus=False)
        assert (first["RANK"], second["RANK"]) == ("0", "1")
        assert {**first, "RANK": "1"} == second
        assert first["WORLD_SIZE"] == "2"
        assert first["MASTER_PORT"] == "1234"
        assert "CUDA_VISIBLE_DEVICES" not in first

    def test_of_a_run_on_the_cpu_hides_the_gpus(self):
        assert rendezvous(1, 1, hide_gpus=True)[0]["CUDA_VISIBLE_DEVICES"] == ""

    def test_is_at_a_port_that_can_be_listened_on(self):
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", free_port()))


class TestAnswers:
    def test_are_those_of_the_first_process(self):
        assert agreed([[answer(0, 3)], [answer(0, 3)]]) == (answer(0, 3),)

    def test_of_which_one_is_another_are_an_error(self):
        with pytest.raises(BackendError, match="process 1 did not generate what process 0 did"):
            agreed([[answer(0, 3)], [answer(0, 2)]])


class TestRealModel:
    @pytest.mark.slow
    def test_is_split_and_generates_as_one(self, backend):
        config = config_of(device="cpu", batch_size=2)
        alone = config_of(device="cpu", batch_size=2, tp_plan=None, num_processes=None)
        done = []
        with PyTorchBackend(RunSettings()).load(config) as loaded:
            split = SimpleNamespace(
                shape=loaded.shape,
                batches=loaded.batches(REQUESTS),
                answers=loaded.generate(REQUESTS, done.append),
                weights=loaded.memory().weights_mib,
                effective=loaded.effective_config,
                devices=loaded.devices,
            )
        with backend.load(alone) as loaded:
            assert split.shape == loaded.shape
            assert split.batches == loaded.batches(REQUESTS)
            assert done == [2, 3]
            for one, other in zip(split.answers, loaded.generate(REQUESTS), strict=True):
                assert one.index == other.index
                assert (one.batch, one.output_tokens) == (other.batch, other.output_tokens)
                assert one.process == 0
            whole = loaded.memory().weights_mib
        # each matrix is in one half here and in one half there; norms are in both
        assert whole < split.weights < 1.1 * whole
        assert split.effective["tp_plan"] == "auto"
        assert split.effective["num_processes"] == 2
        assert split.devices == ("host",)
