import dataclasses
import json

import pytest
import torch
from llem_backend_pytorch import PYTORCH, PyTorchBackend
from llem_contracts import BackendError, NotSupported
from llem_schema import DecoderConfig, ExperimentConfig, PyTorchConfig, RunSettings


def config_of(model, **changes):
    return ExperimentConfig(model=str(model), **{"precision": "fp32", **changes})


def blocking(plan):
    return [problem for problem in plan.problems if problem.blocking]


def folder_with(tmp_path, **stated):
    """A folder that looks like a checkpoint, with the config.json given."""
    (tmp_path / "config.json").write_text(json.dumps(stated))
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "tokenizer.json").write_text("{}")
    return tmp_path


def the_problem(backend, config):
    """The one blocking problem of a plan; a load raises it in the same words."""
    (problem,) = blocking(backend.plan(config, ()))
    with pytest.raises(BackendError) as caught, backend.load(config):
        pass
    assert (str(caught.value), caught.value.cure) == (problem.message, problem.cure)
    assert "\n" not in problem.message
    return problem


class TestMachine:
    def test_without_a_compiler_is_told_by_plan_and_load(self):
        bare = PyTorchBackend(RunSettings(), find_program=lambda name: None)
        section = {"device": "cpu", "torch_compile": True}
        problem = the_problem(bare, config_of("builtin:tiny", pytorch=section))
        assert problem.code == "no_compiler"


class TestBuiltin:
    def test_tiny_is_planned_with_defaults_filled_in(self, backend):
        plan = backend.plan(config_of("builtin:tiny"), ())
        assert plan.problems == ()
        assert plan.dummy_weights is True
        assert plan.devices == ("cpu",)
        assert plan.batch_size == 1
        assert plan.effective_config == {
            "device": "cpu",
            "batch_size": 1,
            "attn_implementation": "sdpa",
            "model_kwargs": {},
            "batching": "static",
            "cache_implementation": "dynamic",
            "torch_compile": False,
            "chat_template": False,
            "load_format": "dummy",
            "trust_remote_code": False,
            "quantization": "none",
            "device_map": "none",
            "tp_plan": "none",
            "num_threads": torch.get_num_threads(),
            "num_processes": 1,
        }

    def test_gpt2_has_the_public_parameter_count(self, backend):
        shape = backend.plan(config_of("builtin:gpt2"), ()).shape
        assert shape.counted_parameters == 124_439_808
        assert shape.counted_embedding_parameters == (50257 + 1024) * 768

    def test_an_unknown_name_is_answered_with_the_nearest(self, backend):
        problem = the_problem(backend, config_of("builtin:tyny"))
        assert problem.code == "unknown_builtin"
        assert "builtin:tiny" in problem.cure

    def test_model_kwargs_that_are_config_fields_change_the_shape(self, backend):
        section = PyTorchConfig(model_kwargs={"num_hidden_layers": 2})
        config = config_of("builtin:tiny", max_output_tokens=2, pytorch=section)
        shape = backend.plan(config, ()).shape
        assert shape.dimensions.layers == 2
        with backend.load(config) as loaded:
            assert loaded.shape == shape

    def test_model_kwargs_that_nothing_takes_are_refused_at_loading(self, backend):
        section = PyTorchConfig(model_kwargs={"nonsense": 1})
        with (
            pytest.raises(BackendError, match="nonsense") as caught,
            backend.load(config_of("builtin:tiny", pytorch=section)),
        ):
            pass
        assert "pytorch.model_kwargs" in caught.value.cure


class TestFolder:
    def test_a_saved_checkpoint_is_planned(self, backend, gpt2_folder):
        plan = backend.plan(config_of(gpt2_folder, max_output_tokens=8), ())
        assert plan.problems == ()
        assert plan.dummy_weights is False
        assert plan.shape.dimensions.learned_positions == 64

    def test_a_path_that_is_not_there_is_said_so(self, backend, tmp_path):
        assert the_problem(backend, config_of(tmp_path / "none")).code == "model_not_found"

    @pytest.mark.parametrize(
        "name", ["./" + "x" * 5000, "~nobody-of-this-name/model"], ids=["long", "user"]
    )
    def test_a_path_that_no_file_system_takes_is_told(self, backend, name):
        assert the_problem(backend, config_of(name)).code == "model_not_found"

    def test_a_folder_without_a_config_is_said_so(self, backend, tmp_path):
        problem = the_problem(backend, config_of(tmp_path))
        assert problem.code == "no_model_config"
        assert "config.json" in problem.message

    def test_an_unknown_architecture_is_named(self, backend, tmp_path):
        problem = the_problem(backend, config_of(folder_with(tmp_path, model_type="nope")))
        assert problem.code == "unknown_architecture"
        assert "'nope'" in problem.message

    def test_code_from_the_repository_is_never_run(self, backend, tmp_path):
        folder = folder_with(tmp_path, model_type="nope", auto_map={"AutoConfig": "code.Config"})
        assert the_problem(backend, config_of(folder)).code == "remote_code"

    @pytest.mark.parametrize(
        "stated",
        [
            {"model_type": "bert", "architectures": ["BertForMaskedLM"]},
            {"model_type": "vit", "architectures": ["ViTForImageClassification"]},
            {"model_type": "t5", "architectures": ["T5ForConditionalGeneration"]},
            {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"]},
        ],
        ids=lambda stated: stated["model_type"],
    )
    def test_what_is_no_causal_language_model_is_refused(self, backend, tmp_path, stated):
        problem = the_problem(backend, config_of(folder_with(tmp_path, **stated)))
        assert problem.code == "not_a_causal_lm"
        assert stated["architectures"][0] in problem.message

    @pytest.mark.parametrize(
        "text", ["{bad", "[]", "{}", '{"model_type": "llama", "vocab_size": "x"}']
    )
    def test_a_config_that_makes_no_sense_is_unreadable(self, backend, tmp_path, text):
        folder = folder_with(tmp_path)
        (folder / "config.json").write_text(text)
        assert the_problem(backend, config_of(folder)).code == "unreadable_model_config"

    def test_more_tokens_than_positions_are_told_before_loading(self, backend, gpt2_folder):
        config = config_of(gpt2_folder, max_input_tokens=60, max_output_tokens=8)
        (problem,) = blocking(backend.plan(config, ()))
        assert problem.code == "too_long"
        assert "68" in problem.message
        assert "64" in problem.message

    def test_an_attention_implementation_that_is_not_there_is_named(self, backend, gpt2_folder):
        section = PyTorchConfig(attn_implementation="flash_attention_9")
        plan = backend.plan(config_of(gpt2_folder, max_output_tokens=8, pytorch=section), ())
        (problem,) = blocking(plan)
        assert "flash_attention_9" in problem.message


class TestHubWithoutNetwork:
    def test_a_model_that_is_not_cached_is_named_with_what_to_do(self, backend):
        problem = the_problem(backend, config_of("gpt2"))
        assert problem.code == "model_not_cached"
        assert "'gpt2'" in problem.message
        assert "network" in problem.cure
        assert "folder" in problem.cure
        assert "builtin:" in problem.cure


class TestRequest:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("max_new_tokens", "max_output_tokens"),
            ("temperature", "decoder.temperature"),
            ("use_cache", "FLOPs"),
            ("guidance_scale", "FLOPs"),
        ],
    )
    def test_a_generation_argument_of_the_backend_is_answered_with_its_key(
        self, backend, name, key
    ):
        config = config_of("builtin:tiny", passthrough_kwargs={name: 1})
        problem = the_problem(backend, config)
        assert problem.code == "reserved_argument"
        assert key in problem.cure

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("dtype", "precision"),
            ("device_map", "pytorch.device_map"),
            ("tp_plan", "pytorch.tp_plan"),
            ("quantization_config", "pytorch.quantization"),
            ("trust_remote_code", "pytorch.trust_remote_code"),
            ("adapter_name", "lora"),
        ],
    )
    def test_a_loading_argument_of_the_backend_is_answered_with_its_key(self, backend, name, key):
        section = PyTorchConfig(model_kwargs={name: "auto"})
        problem = the_problem(backend, config_of("builtin:tiny", pytorch=section))
        assert problem.code == "reserved_argument"
        assert key in problem.cure

    def test_a_revision_of_what_is_no_hub_model_is_refused(self, backend, gpt2_folder):
        for model in ("builtin:tiny", gpt2_folder):
            problem = the_problem(backend, config_of(model, revision="main", max_output_tokens=8))
            assert problem.code == "setting_conflict"
            assert repr(str(model)) in problem.message

    def test_more_output_than_there_are_positions_is_cured_where_it_was_asked_for(
        self, backend, gpt2_folder
    ):
        config = config_of(gpt2_folder, max_output_tokens=64)
        (problem,) = blocking(backend.plan(config, ()))
        assert problem.cure == "Lower max_output_tokens."
        cut = config_of(gpt2_folder, max_output_tokens=8, max_input_tokens=64)
        (problem,) = blocking(backend.plan(cut, ()))
        assert "max_input_tokens" in problem.cure

    def test_sampling_settings_without_sampling_are_refused(self, backend):
        config = config_of("builtin:tiny", decoder=DecoderConfig(temperature=0.5))
        problem = the_problem(backend, config)
        assert problem.code == "decoder_conflict"
        assert "decoder.temperature" in problem.message

    def test_all_problems_are_told_at_once(self, backend):
        config = config_of(
            "builtin:none",
            decoder=DecoderConfig(top_k=3),
            passthrough_kwargs={"streamer": 1},
            pytorch=PyTorchConfig(device="cuda"),
        )
        codes = [problem.code for problem in blocking(backend.plan(config, ()))]
        assert codes == [
            "reserved_argument",
            "decoder_conflict",
            "no_cuda_device",
            "unknown_builtin",
        ]

    def test_what_the_descriptor_lacks_is_not_supported(self):
        narrow = dataclasses.replace(PYTORCH, precisions=frozenset({"fp32"}))
        backend = PyTorchBackend(RunSettings(), descriptor=narrow)
        with (
            pytest.raises(NotSupported, match="precision: bf16"),
            backend.load(ExperimentConfig(model="builtin:tiny")),
        ):
            pass


class TestPrecisionOnTheCpu:
    def test_emulated_bf16_is_remarked_and_does_not_stop_the_run(self, tmp_path):
        cpu_info = tmp_path / "cpuinfo"
        cpu_info.write_text("flags : fpu avx2\n")
        backend = PyTorchBackend(RunSettings(), cpu_info=cpu_info)
        plan = backend.plan(ExperimentConfig(model="builtin:tiny"), ())
        (problem,) = plan.problems
        assert problem.code == "slow_precision"
        assert problem.blocking is False
