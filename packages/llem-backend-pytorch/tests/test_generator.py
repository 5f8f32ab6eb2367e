"""One batch, with a scripted model where the counts are to be computed by hand."""

import itertools

import pytest
import torch
from llem_backend_pytorch.generation import Generator
from llem_contracts import BackendError, GenerationRequest
from transformers import GenerationConfig

END, PAD = 2, 0


class ScriptedModel:
    """Generates the rows that it is told, one column per step, as `generate` would."""

    def __init__(self, rows):
        self.rows = torch.tensor(rows)
        self.calls = []

    def generate(self, token_ids, *, streamer, **arguments):
        self.calls.append((token_ids, arguments))
        streamer.put(token_ids)
        for column in self.rows.T:
            streamer.put(column)
        streamer.end()
        return torch.cat([token_ids, self.rows], dim=1)


class RecordingModel:
    """Keeps what a real model returned."""

    def __init__(self, model):
        self.model = model
        self.sequences = []

    def generate(self, *args, **kwargs):
        self.sequences.append(self.model.generate(*args, **kwargs))
        return self.sequences[-1]


def generator(model, **changes):
    ticks = itertools.count(100, 10)
    settings = {
        "device": torch.device("cpu"),
        "generation_config": None,
        "arguments": {},
        "end_ids": frozenset({END}),
        "pad_id": PAD,
        "fixed_length": None,
        "now_ns": lambda: next(ticks),
    }
    return Generator(model=model, **{**settings, **changes})


def requests_of(*rows):
    return [GenerationRequest(index, tuple(row)) for index, row in enumerate(rows)]


class TestRaggedBatch:
    def test_useful_padded_and_discarded_tokens_are_those_counted_by_hand(self):
        model = ScriptedModel([[7, END, PAD, PAD], [7, 7, 7, END], [7, 7, 7, 7]])
        done = generator(model).run(3, requests_of([5, 5, 5], [5], [5, 5]))
        assert [item.output_tokens for item in done] == [2, 4, 4]
        assert [item.discarded_tokens for item in done] == [2, 0, 0]
        assert [item.input_tokens for item in done] == [3, 1, 2]
        assert [item.padded_tokens for item in done] == [0, 2, 1]
        assert {item.batch for item in done} == {3}

    def test_a_request_has_one_timestamp_per_useful_token(self):
        model = ScriptedModel([[7, END, PAD], [7, 7, 7]])
        short, long = generator(model).run(0, requests_of([5], [5]))
        assert short.start_ns == long.start_ns == 100
        assert short.token_ns == (110, 120)
        assert long.token_ns == (110, 120, 130)

    def test_under_a_fixed_length_an_end_token_is_a_token_like_others(self):
        model = ScriptedModel([[7, END, 7], [7, 7, 7]])
        done = generator(model, fixed_length=3, end_ids=frozenset()).run(0, requests_of([5], [5]))
        assert [(item.output_tokens, item.discarded_tokens) for item in done] == [(3, 0), (3, 0)]


class TestWithoutStepTimes:
    def test_no_streamer_is_handed_on_and_the_end_of_the_batch_is_all_that_is_timed(self):
        class Unwatched(ScriptedModel):
            def generate(self, token_ids, *, streamer, **arguments):
                assert streamer is None
                return torch.cat([token_ids, self.rows], dim=1)

        model = Unwatched([[7, END, PAD], [7, 7, 7]])
        short, long = generator(model).run(0, requests_of([5], [5]), step_times=False)
        assert (short.start_ns, short.token_ns, long.token_ns) == (100, (110,), (110,))
        assert (short.output_tokens, long.output_tokens) == (2, 3)


class TestFewerTokens:
    @pytest.mark.parametrize("fixed_length", [None, 12])
    def test_a_real_model_stops_there_and_goes_further_the_next_time(
        self, gpt2_model, fixed_length
    ):
        settings = GenerationConfig(
            max_new_tokens=12, min_new_tokens=fixed_length, do_sample=False, pad_token_id=257
        )
        gpt2_model.generation_config = GenerationConfig()
        engine = generator(
            gpt2_model,
            generation_config=settings,
            fixed_length=fixed_length,
            end_ids=frozenset(),
            pad_id=257,
        )
        with torch.inference_mode():
            lengths = [
                engine.run(0, requests_of([72, 101], [33]), output_tokens=most)[0].output_tokens
                for most in (1, None, 3, 99)
            ]
        assert lengths == [1, 12, 3, 12]


class TestArguments:
    def test_the_model_is_handed_left_padding_mask_and_further_arguments(self):
        model = ScriptedModel([[7], [7]])
        generator(model, arguments={"prefill_chunk_size": 8}).run(0, requests_of([5, 6], [4]))
        ((token_ids, arguments),) = model.calls
        assert token_ids.tolist() == [[5, 6], [PAD, 4]]
        assert arguments["attention_mask"].tolist() == [[1, 1], [0, 1]]
        assert arguments["prefill_chunk_size"] == 8


class TestUnexpectedSteps:
    def test_fewer_tokens_than_the_fixed_length_are_an_error(self):
        with pytest.raises(BackendError, match="1 tokens instead of 2"):
            generator(ScriptedModel([[7]]), fixed_length=2).run(0, requests_of([5]))

    def test_steps_without_a_timestamp_are_an_error(self):
        class Mute(ScriptedModel):
            def generate(self, token_ids, *, streamer, **arguments):
                return torch.cat([token_ids, self.rows], dim=1)

        with pytest.raises(BackendError, match="reported 0 steps for 1"):
            generator(Mute([[7]])).run(0, requests_of([5]))


class TestRealModel:
    def test_a_padded_batch_gives_the_tokens_of_single_prompts(self, gpt2_model):
        prompts = [[72, 101, 108, 108, 111], [33], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [90, 91]]
        settings = GenerationConfig(max_new_tokens=12, do_sample=False, pad_token_id=257)
        gpt2_model.generation_config = GenerationConfig()

        def continuations(batches):
            model = RecordingModel(gpt2_model)
            engine = generator(
                model, generation_config=settings, fixed_length=12, end_ids=frozenset(), pad_id=257
            )
            with torch.inference_mode():
                for batch in batches:
                    engine.run(0, batch)
            return [row[-12:].tolist() for sequences in model.sequences for row in sequences]

        requests = requests_of(*prompts)
        together = continuations([requests])
        alone = continuations([[request] for request in requests])
        assert together == alone
        assert len({tuple(row) for row in alone}) > 1
