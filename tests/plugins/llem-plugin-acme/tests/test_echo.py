from typing import Any

import pytest
from llem_contracts import BackendError, GenerationRequest, InferenceBackend, NotSupported
from llem_plugin_acme import EchoBackend
from llem_schema import ExperimentConfig


class StillClock:
    """Time passes in `sleep` alone."""

    now_ns = 0

    def monotonic_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


def config_of(**fields: Any) -> ExperimentConfig:
    return ExperimentConfig.model_validate(
        {"model": "acme:echo", "backend": "acme-echo", "precision": "fp32"} | fields
    )


def requests_of(*lengths: int) -> list[GenerationRequest]:
    return [GenerationRequest(i, tuple(range(length))) for i, length in enumerate(lengths)]


class TestPlan:
    def test_it_says_what_load_does(self) -> None:
        backend: InferenceBackend = EchoBackend()
        config = config_of(extension={"acme-echo": {"batch_size": 2}})
        plan = backend.plan(config, [])
        assert (plan.devices, plan.batch_size, plan.problems) == (("cpu",), 2, ())
        with backend.load(config) as model:
            assert model.effective_config == plan.effective_config
            assert model.effective_config == {"step_ms": 1.0, "batch_size": 2}
            assert model.devices == ("host",)

    @pytest.mark.parametrize(
        ("code", "asked"),
        [
            ("model_not_found", {"model": "gpt2"}),
            ("passthrough_not_supported", {"passthrough_kwargs": {"a": 1}}),
        ],
    )
    def test_what_it_cannot_do_is_a_problem_and_is_not_loaded(
        self, code: str, asked: dict[str, Any]
    ) -> None:
        config = config_of(**asked)
        (problem,) = EchoBackend().plan(config, []).problems
        assert problem.code == code
        with pytest.raises(BackendError, match="acme-echo"), EchoBackend().load(config):
            pass

    @pytest.mark.parametrize("asked", [{"precision": "bf16"}, {"decoder": {"strategy": "sample"}}])
    def test_what_the_descriptor_does_not_declare_is_refused(self, asked: dict[str, Any]) -> None:
        with pytest.raises(NotSupported) as caught, EchoBackend().load(config_of(**asked)):
            pass
        assert caught.value.cure


class TestGenerate:
    def test_each_step_takes_its_time(self) -> None:
        config = config_of(max_output_tokens=3, extension={"acme-echo": {"step_ms": 2.0}})
        with EchoBackend(StillClock()).load(config) as model:
            (request,) = model.generate(requests_of(5))
        assert request.start_ns == 0
        assert request.token_ns == (2_000_000, 4_000_000, 6_000_000)
        assert (request.input_tokens, request.output_tokens, request.discarded_tokens) == (5, 3, 0)

    def test_an_echo_naturally_ends_with_the_prompt(self) -> None:
        config = config_of(output_length="natural", max_output_tokens=6)
        with EchoBackend(StillClock()).load(config) as model:
            done = model.generate(requests_of(2, 9))
        assert [r.output_tokens for r in done] == [2, 6]
        assert [r.discarded_tokens for r in done] == [4, 0]
        assert [r.padded_tokens for r in done] == [7, 0]

    def test_batches_are_of_the_configured_size(self) -> None:
        told = list[int]()
        config = config_of(extension={"acme-echo": {"batch_size": 2, "step_ms": 0.0}})
        with EchoBackend().load(config) as model:
            done = model.generate(requests_of(1, 1, 1), told.append)
        assert [request.batch for request in done] == [0, 0, 1]
        assert told == [2, 3]

    def test_memory_is_that_of_this_process(self) -> None:
        with EchoBackend(StillClock()).load(config_of()) as model:
            model.reset_peak_memory()
            model.generate(requests_of(1))
            memory = model.memory()
        assert memory.model_memory_mib > 1
        assert memory.peak_memory_mib >= memory.model_memory_mib
        difference = memory.peak_memory_mib - memory.model_memory_mib
        assert memory.inference_memory_mib == pytest.approx(difference)
        assert memory.device_memory_mib is None

    def test_the_tokenizer_speaks_bytes(self) -> None:
        with EchoBackend().load(config_of()) as model:
            assert model.tokenizer.encode("hé") == [104, 195, 169]
            assert model.tokenizer.decode([104, 195, 169]) == "hé"
