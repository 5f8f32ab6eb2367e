"""The whole backend on the CPU."""

import gc
import json
import shutil

import pytest
import torch
from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_contracts import BackendError, GenerationRequest
from llem_schema import DecoderConfig, ExperimentConfig, PyTorchConfig, canonical_json

PROMPTS = ("Hello", "a", "the quick brown fox", "0123")


def config_of(model, **changes):
    settings = {"precision": "fp32", "max_output_tokens": 8, **changes}
    return ExperimentConfig(model=str(model), **settings)


def requests_for(loaded, prompts=PROMPTS):
    return [
        GenerationRequest(index, tuple(loaded.tokenizer.encode(prompt)))
        for index, prompt in enumerate(prompts)
    ]


def greedy_tokens(folder, prompt_ids, steps):
    """What plain transformers generates for one prompt."""
    from transformers import AutoModelForCausalLM, GenerationConfig

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    model.generation_config = GenerationConfig()
    settings = GenerationConfig(max_new_tokens=steps, do_sample=False, pad_token_id=257)
    ids = torch.tensor([prompt_ids])
    output = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=settings)
    return output[0, len(prompt_ids) :].tolist()


def prompt_ids(prompt):
    return byte_tokenizer()(prompt)["input_ids"]


def with_end_token(folder, tmp_path, prompt, position=0, **repository):
    """A copy of a checkpoint whose end token is one that greedy decoding really gives.

    `repository` goes into its generation config.
    """
    token = greedy_tokens(folder, prompt_ids(prompt), position + 1)[position]
    copied = shutil.copytree(folder, tmp_path / "copy")
    path = copied / "generation_config.json"
    stated = json.loads(path.read_text())
    path.write_text(json.dumps({**stated, "eos_token_id": token, **repository}))
    return copied


def end_token_of(folder):
    return json.loads((folder / "generation_config.json").read_text())["eos_token_id"]


class TestFixedLength:
    @pytest.mark.parametrize("batch_size", [1, 3])
    def test_every_request_has_exactly_the_tokens_asked_for(self, backend, batch_size):
        config = config_of("builtin:tiny", pytorch=PyTorchConfig(batch_size=batch_size))
        with backend.load(config) as loaded:
            done = loaded.generate(requests_for(loaded))
        assert [item.output_tokens for item in done] == [8] * len(PROMPTS)
        assert [item.index for item in done] == [0, 1, 2, 3]
        assert [item.batch for item in done] == [index // batch_size for index in range(4)]
        assert all(item.discarded_tokens == 0 for item in done)

    def test_timestamps_rise_from_the_start_on(self, backend):
        with backend.load(config_of("builtin:tiny")) as loaded:
            done = loaded.generate(requests_for(loaded))
        for item in done:
            times = (item.start_ns, *item.token_ns)
            assert len(item.token_ns) == item.output_tokens
            assert list(times) == sorted(times)

    def test_an_end_token_does_not_stop_it(self, backend, gpt2_folder, tmp_path):
        folder = with_end_token(gpt2_folder, tmp_path, prompt="Hello", position=0)
        with backend.load(config_of(folder)) as loaded:
            (done,) = loaded.generate(requests_for(loaded, ["Hello"]))
        assert done.output_tokens == 8


class TestNaturalLength:
    def test_a_request_ends_with_the_repositorys_end_token(self, backend, gpt2_folder, tmp_path):
        folder = with_end_token(gpt2_folder, tmp_path, prompt="Hello", position=0)
        with backend.load(config_of(folder, output_length="natural")) as loaded:
            (done,) = loaded.generate(requests_for(loaded, ["Hello"]))
        assert done.output_tokens == 1

    def test_batches_count_the_tokens_that_single_prompts_have(
        self, backend, gpt2_folder, tmp_path
    ):
        folder = with_end_token(gpt2_folder, tmp_path, prompt="0123", position=1)

        def counts(batch_size):
            section = PyTorchConfig(batch_size=batch_size)
            config = config_of(
                folder, output_length="natural", max_output_tokens=20, pytorch=section
            )
            with backend.load(config) as loaded:
                return loaded.generate(requests_for(loaded))

        alone, together = counts(1), counts(4)
        assert [item.output_tokens for item in alone] == [item.output_tokens for item in together]
        assert all(item.discarded_tokens == item.padded_tokens == 0 for item in alone)
        steps = max(item.output_tokens for item in together)
        assert alone[3].output_tokens <= 2
        assert [item.output_tokens + item.discarded_tokens for item in together] == [steps] * 4


class TestRepositorySettings:
    def test_settings_of_the_repository_do_not_take_part(self, backend, llama_folder, tmp_path):
        folder = with_end_token(
            llama_folder, tmp_path, prompt="Hello", suppress_tokens=list(range(258))
        )
        config = config_of(folder, output_length="natural")
        with backend.load(config) as loaded:
            (done,) = loaded.generate(requests_for(loaded, ["Hello"]))
            generation = loaded.effective_config["generation"]
        assert done.output_tokens == 1
        assert generation["do_sample"] is False
        assert not {"suppress_tokens", "repetition_penalty", "temperature"} & set(generation)

    def test_what_was_replaced_is_recorded(self, backend, llama_folder):
        with backend.load(config_of(llama_folder)) as loaded:
            replaced = loaded.effective_config["repository_generation_replaced"]
        assert replaced["temperature"] == {"repository": 0.6, "used": None}
        assert replaced["repetition_penalty"] == {"repository": 1.7, "used": None}
        assert replaced["do_sample"] == {"repository": True, "used": False}
        assert replaced["eos_token_id"] == {"repository": 256, "used": None}
        assert "transformers_version" not in replaced


class TestPassthrough:
    def test_an_argument_has_its_effect_in_generate(self, backend, gpt2_folder, tmp_path):
        folder = with_end_token(gpt2_folder, tmp_path, prompt="Hello", position=0)
        config = config_of(
            folder,
            output_length="natural",
            passthrough_kwargs={"suppress_tokens": [end_token_of(folder)]},
        )
        with backend.load(config) as loaded:
            (done,) = loaded.generate(requests_for(loaded, ["Hello"]))
            assert loaded.effective_config["generation"]["suppress_tokens"] == (
                end_token_of(folder),
            )
        assert done.output_tokens == 8

    def test_an_argument_that_generate_does_not_know_is_one_sentence(self, backend):
        config = config_of("builtin:tiny", passthrough_kwargs={"nonsense": 1})
        with backend.load(config) as loaded:
            requests = requests_for(loaded)
            with pytest.raises(BackendError, match="nonsense") as caught:
                loaded.generate(requests)
        assert "passthrough_kwargs" in caught.value.cure
        assert "\n" not in str(caught.value)


class TestSampling:
    def test_values_left_open_are_recorded_as_what_transformers_uses(self, backend):
        config = config_of("builtin:tiny", decoder=DecoderConfig(strategy="sample", top_k=7))
        with backend.load(config) as loaded:
            generation = loaded.effective_config["generation"]
        assert (generation["do_sample"], generation["temperature"]) == (True, 1.0)
        assert (generation["top_k"], generation["top_p"]) == (7, 1.0)

    def test_every_pass_draws_the_same_and_another_seed_draws_otherwise(self, backend, gpt2_folder):
        def lengths(loaded):
            done = loaded.generate(requests_for(loaded))
            return [item.output_tokens for item in done]

        def loaded_with(seed):
            return backend.load(
                config_of(
                    gpt2_folder,
                    output_length="natural",
                    max_output_tokens=40,
                    random_seed=seed,
                    decoder=DecoderConfig(strategy="sample", top_k=258, temperature=50.0),
                    passthrough_kwargs={"sequence_bias": [[[256], 150.0]]},
                )
            )

        with loaded_with(1) as loaded:
            first, second = lengths(loaded), lengths(loaded)
        others = []
        for seed in (2, 3, 4):
            with loaded_with(seed) as loaded:
                others.append(lengths(loaded))
        assert first == second
        assert any(other != first for other in others)


class TestContext:
    def test_the_config_stays_as_it_was(self, backend, gpt2_folder):
        config = config_of(
            gpt2_folder,
            passthrough_kwargs={"bad_words_ids": [[3], [4]]},
            pytorch=PyTorchConfig(model_kwargs={"attn_pdrop": 0.0}),
        )
        before = canonical_json(config)
        with backend.load(config) as loaded:
            loaded.generate(requests_for(loaded))
        assert canonical_json(config) == before

    def test_an_unloaded_model_says_so(self, backend):
        with backend.load(config_of("builtin:tiny")) as loaded:
            requests = requests_for(loaded)
        with pytest.raises(BackendError, match="unloaded"):
            loaded.generate(requests)

    def test_leaving_the_context_frees_the_model(self, backend):
        def models():
            gc.collect()
            return sum(type(thing).__name__ == "LlamaForCausalLM" for thing in gc.get_objects())

        before = models()
        with backend.load(config_of("builtin:tiny")) as loaded:
            loaded.generate(requests_for(loaded))
            assert models() == before + 1
        assert models() == before

    def test_progress_is_told_after_each_batch(self, backend):
        told = []
        config = config_of("builtin:tiny", pytorch=PyTorchConfig(batch_size=3))
        with backend.load(config) as loaded:
            loaded.generate(requests_for(loaded), told.append)
        assert told == [3, 4]

    def test_an_interrupt_goes_through(self, backend):
        def interrupt(_done):
            raise KeyboardInterrupt

        with backend.load(config_of("builtin:tiny")) as loaded:
            requests = requests_for(loaded)
            with pytest.raises(KeyboardInterrupt):
                loaded.generate(requests, interrupt)

    def test_nothing_is_printed(self, backend, gpt2_folder, capfd):
        config = config_of(gpt2_folder, pytorch=PyTorchConfig(batch_size=2))
        backend.plan(config, ())
        with backend.load(config) as loaded:
            loaded.generate(requests_for(loaded))
        printed = capfd.readouterr()
        assert (printed.out, printed.err) == ("", "")


class TestRecord:
    def test_what_was_loaded_is_recorded(self, backend, llama_folder):
        section = PyTorchConfig(
            batch_size=2, attn_implementation="eager", model_kwargs={"attention_dropout": 0.1}
        )
        config = config_of(llama_folder, precision="bf16", pytorch=section)
        with backend.load(config) as loaded:
            effective = loaded.effective_config
            environment = loaded.environment()
            usage = loaded.memory()
            assert loaded.devices == ("host",)
            assert loaded.commit is None
        assert effective["dtype"] == environment["dtype"] == "bfloat16"
        assert effective["attn_implementation"] == "eager"
        assert effective["batch_size"] == 2
        assert effective["model_kwargs"] == {"attention_dropout": 0.1}
        assert effective["padding_side"] == "left"
        assert effective["device"] == "cpu"
        assert environment["torch"] == torch.__version__
        assert environment["threads"] == torch.get_num_threads()
        assert None not in environment.values()
        assert usage.source == "resident_set"

    def test_the_plan_names_what_is_loaded(self, backend, llama_folder):
        config = config_of(llama_folder, pytorch=PyTorchConfig(batch_size=2))
        plan = backend.plan(config, ())
        with backend.load(config) as loaded:
            assert loaded.shape == plan.shape
            for key, value in plan.effective_config.items():
                assert loaded.effective_config[key] == value

    def test_weights_are_the_bytes_of_the_parameters(self, backend):
        with backend.load(config_of("builtin:tiny")) as loaded:
            usage = loaded.memory()
            counted = loaded.shape.counted_parameters
        assert usage.weights_mib * 1024**2 == pytest.approx(4 * counted, rel=1e-3)
        assert usage.model_memory_mib > usage.weights_mib
        assert usage.device_memory_mib is None
