"""What transformers is handed for each setting of the generation, and what does not go together."""

import pytest
from llem_backend_pytorch.assistant import assistant_config, draft_settings
from llem_backend_pytorch.compilation import compiler_problems
from llem_backend_pytorch.decoding import build_generation, generation_settings, set_fields
from llem_backend_pytorch.generation_checks import generation_problems
from llem_schema import ExperimentConfig


def config_of(**section):
    return ExperimentConfig(model="builtin:tiny", pytorch=section or None)


def handed_on(**section):
    """The `GenerationConfig` that `generate` receives."""
    config = config_of(**section)
    return build_generation(config, generation_settings(config, (256,), 257))[0]


class TestArrival:
    def test_of_the_defaults_is_a_growing_cache_and_nothing_compiled(self):
        generation = handed_on()
        assert generation.cache_implementation is None
        assert generation.disable_compile is True
        assert generation.compile_config is None
        assert generation.prompt_lookup_num_tokens is None

    @pytest.mark.parametrize("cache", ["dynamic", "static"])
    def test_of_a_cache_is_its_name_and_a_static_one_is_not_compiled_unasked(self, cache):
        generation = handed_on(cache_implementation=cache)
        assert (generation.cache_implementation == "static") is (cache == "static")
        assert generation.disable_compile is True

    def test_of_compiling_is_a_static_cache_and_a_compiler_for_every_device(self):
        generation = handed_on(torch_compile=True)
        assert generation.cache_implementation == "static"
        assert generation.disable_compile is False
        assert generation.compile_config.mode == "reduce-overhead"
        assert generation.compile_config._compile_all_devices is True

    def test_of_a_mode_is_that_of_the_compiler(self):
        generation = handed_on(torch_compile=True, torch_compile_mode="max-autotune")
        assert generation.compile_config.mode == "max-autotune"
        assert set_fields(generation)["compile_config"]["mode"] == "max-autotune"

    def test_of_a_prompt_lookup_is_its_number_of_tokens(self):
        assert handed_on(prompt_lookup_num_tokens=7).prompt_lookup_num_tokens == 7

    def test_of_an_assistant_is_a_config_of_its_own_on_the_same_device(self):
        own = assistant_config(
            config_of(assistant_model="builtin:gpt2", device="cpu", load_format="dummy")
        )
        assert own is not None
        assert own.pytorch.load_format == "dummy"
        assert (own.model, own.revision, own.pytorch.device) == ("builtin:gpt2", None, "cpu")
        assert own.pytorch.assistant_model is None
        assert assistant_config(config_of()) is None

    @pytest.mark.parametrize(("chosen", "expected"), [(None, 5), (3, 3)])
    def test_of_a_number_of_assistant_tokens_is_the_length_of_every_draft(self, chosen, expected):
        config = config_of(assistant_model="builtin:gpt2", num_assistant_tokens=chosen)
        assert draft_settings(config) == {
            "num_assistant_tokens": expected,
            "num_assistant_tokens_schedule": "constant",
            "assistant_confidence_threshold": 0.0,
        }


class TestConflicts:
    @pytest.mark.parametrize(
        ("section", "word"),
        [
            ({"torch_compile": True, "cache_implementation": "dynamic"}, "whose shape stays"),
            ({"torch_compile_mode": "default"}, "no effect without pytorch.torch_compile"),
            ({"num_assistant_tokens": 3}, "no effect without pytorch.assistant_model"),
            ({"prompt_lookup_num_tokens": 3, "assistant_model": "a"}, "both draft"),
            ({"prompt_lookup_num_tokens": 3, "batch_size": 2}, "one prompt at a time"),
            ({"assistant_model": "a", "batch_size": 2}, "one prompt at a time"),
            ({"assistant_model": "a", "torch_compile": True}, "needs a dynamic cache"),
            ({"assistant_model": "a", "cache_implementation": "static"}, "needs a dynamic cache"),
            ({"chat_template": True}, "has no template"),
            (
                {"attn_implementation": "flex_attention", "batching": "continuous"},
                "does not go with continuous batching",
            ),
            (
                {"attn_implementation": "flex_attention", "cache_implementation": "static"},
                "does not go with a static cache",
            ),
            (
                {"attn_implementation": "flex_attention", "torch_compile": True},
                "does not go with a static cache",
            ),
            ({"batching": "continuous", "cache_implementation": "static"}, "a setting of batches"),
            ({"batching": "continuous", "torch_compile": True}, "a setting of batches"),
            ({"batching": "continuous", "prompt_lookup_num_tokens": 2}, "a setting of batches"),
            ({"batching": "continuous", "assistant_model": "a"}, "a setting of batches"),
        ],
    )
    def test_are_one_problem_each_with_a_cure(self, section, word):
        (problem,) = generation_problems(config_of(**section))
        assert problem.code == "generation_conflict"
        assert problem.blocking
        assert word in problem.message
        assert problem.cure

    @pytest.mark.parametrize(
        "section",
        [
            {},
            {"torch_compile": True, "torch_compile_mode": "default", "batch_size": 8},
            {"torch_compile": True, "cache_implementation": "static"},
            {"prompt_lookup_num_tokens": 3, "batch_size": 1},
            {"assistant_model": "a", "num_assistant_tokens": 3},
            {"batching": "length_buckets", "cache_implementation": "static"},
        ],
    )
    def test_are_none_where_all_goes_together(self, section):
        assert generation_problems(config_of(**section)) == ()

    def test_arguments_passed_through_are_none_of_continuous_batching(self):
        config = ExperimentConfig(
            model="builtin:tiny",
            pytorch={"batching": "continuous"},
            passthrough_kwargs={"repetition_penalty": 1.2},
        )
        (problem,) = generation_problems(config)
        assert "leaves out of passthrough_kwargs" in problem.message


class TestCompiler:
    def test_that_is_there_is_no_problem(self):
        assert compiler_problems("cpu", lambda name: f"/usr/bin/{name}") == ()

    def test_that_is_missing_is_a_problem_with_a_cure(self, monkeypatch):
        monkeypatch.setenv("CXX", "c++-99")
        (problem,) = compiler_problems("cpu", lambda name: None)
        assert problem.code == "no_compiler"
        assert "no c++-99" in problem.message
        assert "leave pytorch.torch_compile out" in problem.cure
