"""Tokens that are drafted and checked, several to a step."""

import pytest
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig

from .recorder import Recorder

TOKENS = 12


def config_of(model, output_length="fixed", **section):
    return ExperimentConfig(
        model=str(model),
        precision="fp32",
        max_output_tokens=TOKENS,
        output_length=output_length,
        pytorch={"device": "cpu", **section},
    )


def continued(backend, config, prompt=(72, 101, 108, 108, 111, 72, 101)):
    """The tokens of one prompt, and what is told of them."""
    import dataclasses

    with backend.load(config) as loaded:
        recorder = Recorder(loaded._generator.model)
        loaded._generator = dataclasses.replace(loaded._generator, model=recorder)
        (done,) = loaded.generate([GenerationRequest(0, tuple(prompt))])
        return recorder.rows[0][len(prompt) :], done, loaded.effective_config, loaded.memory()


@pytest.fixture(scope="module")
def plain(backend):
    return continued(backend, config_of("builtin:tiny"))


class TestAssistant:
    def test_gives_the_models_own_tokens_with_the_times_of_their_steps(self, backend, plain):
        section = {"assistant_model": "builtin:tiny", "num_assistant_tokens": 3}
        rows, done, effective, memory = continued(backend, config_of("builtin:tiny", **section))
        assert rows == plain[0]
        assert done.output_tokens == len(done.token_ns) == TOKENS
        # the assistant is the model itself, so each step confirms 3 drafted tokens and adds one
        assert [done.token_ns.count(time) for time in sorted(set(done.token_ns))] == [4, 4, 4]
        assert (effective["assistant_model"], effective["num_assistant_tokens"]) == (
            "builtin:tiny",
            3,
        )
        assert memory.weights_mib == pytest.approx(2 * plain[3].weights_mib)

    def test_with_another_vocabulary_is_refused_by_plan_and_load(self, backend):
        config = config_of("builtin:tiny", assistant_model="builtin:gpt2")
        (problem,) = backend.plan(config, ()).problems
        assert problem.code == "assistant_vocabulary"
        assert "320 tokens" in problem.message
        with pytest.raises(BackendError, match="50257"), backend.load(config):
            pass

    def test_with_fewer_positions_bounds_what_is_generated(
        self, backend, llama_folder, gpt2_folder
    ):
        config = config_of(llama_folder, assistant_model=str(gpt2_folder))
        plan = backend.plan(config, ())
        assert plan.problems == ()
        assert plan.max_sequence_tokens == 64
        assert plan.assistant_shape.architecture == "gpt2"
        with backend.load(config) as loaded:
            (done,) = loaded.generate([GenerationRequest(0, (72,) * (64 - TOKENS))])
            assert done.output_tokens == TOKENS
            with pytest.raises(BackendError, match="has 64") as caught:
                loaded.generate([GenerationRequest(0, (72,) * (65 - TOKENS))])
        assert f"max_input_tokens to {64 - TOKENS}" in caught.value.cure
        longer = config.model_copy(update={"max_input_tokens": 65 - TOKENS})
        (problem,) = backend.plan(longer, ()).problems
        assert problem.code == "too_long"
        assert "the model with its assistant has 64 positions" in problem.message

    def test_that_is_not_there_is_a_problem_of_the_plan(self, backend):
        config = config_of("builtin:tiny", assistant_model="builtin:tyny")
        assert [p.code for p in backend.plan(config, ()).problems] == ["unknown_builtin"]


class TestPromptLookup:
    def test_gives_the_models_own_tokens_in_fewer_steps(self, backend, plain):
        rows, done, effective, _ = continued(
            backend, config_of("builtin:tiny", prompt_lookup_num_tokens=3)
        )
        assert rows == plain[0]
        assert done.output_tokens == len(done.token_ns) == TOKENS
        assert len(set(done.token_ns)) < TOKENS
        assert list(done.token_ns) == sorted(done.token_ns)
        assert effective["prompt_lookup_num_tokens"] == 3


class TestCache:
    def test_a_static_one_gives_the_same_tokens(self, backend, plain):
        rows, _, effective, _ = continued(
            backend, config_of("builtin:tiny", cache_implementation="static")
        )
        assert rows == plain[0]
        assert effective["cache_implementation"] == "static"
        assert effective["generation"]["disable_compile"] is True


@pytest.mark.slow
class TestCompiled:
    def test_code_gives_the_same_tokens_and_is_compiled_once(self, backend, plain):
        with backend.load(config_of("builtin:tiny", torch_compile=True)) as loaded:
            counts = [loaded.compilations()]
            for length in (7, 3, 5):
                (done,) = loaded.generate([GenerationRequest(0, tuple(range(60, 60 + length)))])
                counts.append(loaded.compilations())
        assert counts[1] > counts[0]
        assert counts[2] == counts[3] == counts[1]
        assert done.output_tokens == TOKENS
        rows, _, _, _ = continued(backend, config_of("builtin:tiny", torch_compile=True))
        assert rows == plain[0]
