"""What goes wrong while loading and generating."""

import json
import shutil

import pytest
import torch
from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_backend_pytorch.generation import Generator
from llem_backend_pytorch.loaded import PyTorchModel
from llem_backend_pytorch.memory import MemoryRecord, ResidentSetGauge
from llem_backend_pytorch.tokenizer import ModelTokenizer
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig, ModelShape, freeze_json


def config_of(model, **changes):
    return ExperimentConfig(
        model=str(model), **{"precision": "fp32", "max_output_tokens": 8, **changes}
    )


def error_of(backend, config):
    with pytest.raises(BackendError) as caught, backend.load(config):
        pass
    assert "\n" not in str(caught.value)
    assert caught.value.cure
    return str(caught.value)


@pytest.fixture
def copied(gpt2_folder, tmp_path):
    return shutil.copytree(gpt2_folder, tmp_path / "model")


class TestLoading:
    def test_weights_that_the_checkpoint_lacks_are_not_made_up(self, backend, copied):
        path = copied / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "n_layer": 3}))
        assert "lacks" in error_of(backend, config_of(copied))

    def test_a_missing_tokenizer_is_one_sentence(self, backend, copied):
        for path in copied.glob("tokenizer*"):
            path.unlink()
        assert "tokenizer" in error_of(backend, config_of(copied))

    def test_natural_length_without_an_end_token_is_refused(self, backend, copied):
        for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
            stated = json.loads((copied / name).read_text())
            stated.update(eos_token_id=None, eos_token=None)
            (copied / name).write_text(json.dumps(stated))
        message = error_of(backend, config_of(copied, output_length="natural"))
        assert "end-of-sequence" in message

    def test_generation_settings_that_transformers_refuses_are_one_sentence(self, backend):
        config = config_of("builtin:tiny", passthrough_kwargs={"early_stopping": "nonsense"})
        with pytest.raises(BackendError, match="early_stopping") as caught:  # noqa: SIM117
            with backend.load(config) as loaded:
                loaded.generate([GenerationRequest(0, (1, 2))])
        assert "passthrough_kwargs" in caught.value.cure


class TestRequests:
    def test_an_empty_prompt_is_named(self, backend):
        requests = [GenerationRequest(0, (1,)), GenerationRequest(1, ())]
        with (
            backend.load(config_of("builtin:tiny")) as loaded,
            pytest.raises(BackendError, match="request 1 has no tokens"),
        ):
            loaded.generate(requests)

    def test_a_prompt_beyond_the_positions_is_named_with_the_length_that_fits(
        self, backend, gpt2_folder
    ):
        with backend.load(config_of(gpt2_folder)) as loaded:
            with pytest.raises(BackendError, match="60 \\+ 8 positions") as caught:
                loaded.generate([GenerationRequest(0, tuple(range(60)))])
            assert "max_input_tokens to 56" in caught.value.cure
            loaded.generate([GenerationRequest(0, tuple(range(56)))])


class FailingModel(torch.nn.Linear):
    def __init__(self, error):
        super().__init__(1, 1)
        self.error = error

    def generate(self, *_args, **_kwargs):
        raise self.error


def failing(error, batch_size, attention="sdpa"):
    model = FailingModel(error)
    settings = type("Settings", (), {"max_new_tokens": 4})()
    return PyTorchModel(
        generator=Generator(
            model=model,
            device=torch.device("cpu"),
            generation_config=settings,
            arguments={},
            end_ids=frozenset(),
            pad_id=0,
            fixed_length=4,
        ),
        tokenizer=ModelTokenizer(byte_tokenizer()),
        shape=ModelShape(
            architecture="x",
            dimensions=None,
            counted_parameters=None,
            counted_embedding_parameters=None,
        ),
        positions=0,
        commit=None,
        batch_size=batch_size,
        batching="static",
        sampling_seed=None,
        effective_config=freeze_json({"dtype": "float32", "attn_implementation": attention}),
        memory=MemoryRecord(ResidentSetGauge(), 0),
    )


class TestGenerating:
    requests = tuple(GenerationRequest(index, (1, 2)) for index in range(8))

    def test_memory_that_runs_out_is_told_with_a_batch_size_that_may_fit(self):
        loaded = failing(torch.OutOfMemoryError("CUDA out of memory. Tried ..."), batch_size=8)
        with pytest.raises(BackendError, match="memory ran out on cpu at batch size 8") as caught:
            loaded.generate(self.requests)
        assert caught.value.cure == "Set pytorch.batch_size to 4."

    def test_any_other_failure_is_one_sentence(self):
        loaded = failing(ValueError("the first line\nthe second"), batch_size=2)
        with pytest.raises(BackendError) as caught:
            loaded.generate(self.requests)
        assert str(caught.value) == "generation failed: the first line"

    @pytest.mark.parametrize(
        ("attention", "message", "cure"),
        [
            ("flex_attention", "could not compile flex_attention for these prompts", "sdpa"),
            ("sdpa", "could not compile the model", "Leave pytorch.torch_compile out"),
        ],
    )
    def test_a_compiler_that_fails_is_told_with_what_asked_for_it(self, attention, message, cure):
        from torch._dynamo.exc import BackendCompilerFailed

        error = BackendCompilerFailed(print, ValueError("no such name"), None)
        loaded = failing(error, batch_size=2, attention=attention)
        with pytest.raises(BackendError, match=message) as caught:
            loaded.generate(self.requests)
        assert cure in caught.value.cure

    @pytest.mark.slow
    def test_flex_attention_with_padding_works_or_says_what_to_do(self, backend):
        config = ExperimentConfig(
            model="builtin:tiny",
            max_output_tokens=4,
            pytorch={"attn_implementation": "flex_attention", "batch_size": 2},
        )
        ragged = (GenerationRequest(0, (1, 2, 3, 4, 5, 6)), GenerationRequest(1, (1, 2)))
        with backend.load(config) as model:
            failure = None
            try:
                answers = model.generate(ragged)
            except BackendError as error:
                failure = error
        if failure is None:
            assert [answer.output_tokens for answer in answers] == [4, 4]
        else:
            assert "flex_attention for these prompts" in str(failure)
            assert "sdpa" in failure.cure
