"""Continuous batching on the CPU."""

import threading
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from llem_backend_pytorch.continuous import continuous_problems, continuous_settings
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig

TOKENS = 6
LENGTHS = (5, 1, 9, 3, 7)


def config_of(model="builtin:tiny", output_length="fixed", **changes):
    section = {"device": "cpu", "batch_size": 2, "batching": "continuous"}
    return ExperimentConfig(
        model=str(model),
        precision="fp32",
        max_output_tokens=TOKENS,
        output_length=output_length,
        **{"pytorch": section, **changes},
    )


def requests_of(*lengths):
    return [
        GenerationRequest(index, tuple(60 + (7 * index + k) % 90 for k in range(length)))
        for index, length in enumerate(lengths)
    ]


def loops():
    """Threads of managers; loading has threads of its own, which come and go."""
    return [thread for thread in threading.enumerate() if "_run_generation_loop" in thread.name]


class Watched:
    """Keeps the tokens of a manager's outputs."""

    def __init__(self, manager):
        self._manager = manager
        self.tokens = {}

    def __getattr__(self, name):
        return getattr(self._manager, name)

    def get_result(self, **options):
        output = self._manager.get_result(**options)
        if output is not None:
            self.tokens[int(output.request_id)] = output.generated_tokens
        return output


class WatchedModel:
    """A model whose managers are watched."""

    def __init__(self, model):
        self._model = model
        self.managers = []

    def __getattr__(self, name):
        return getattr(self._model, name)

    def init_continuous_batching(self, **arguments):
        self.arguments = arguments
        self.managers.append(Watched(self._model.init_continuous_batching(**arguments)))
        return self.managers[-1]


@pytest.fixture(scope="module")
def loaded(backend):
    with backend.load(config_of()) as model:
        watched = WatchedModel(model._generator.model)
        model._generator.model = watched
        yield model


@pytest.fixture(scope="module")
def managers(loaded):
    return loaded._generator.model.managers


def alone(loaded, request):
    """What plain `generate` gives for one prompt."""
    import torch
    from transformers import GenerationConfig

    ids = torch.tensor([request.token_ids])
    settings = GenerationConfig(max_new_tokens=TOKENS, do_sample=False, pad_token_id=257)
    output = loaded._generator.model._model.generate(
        ids, attention_mask=torch.ones_like(ids), generation_config=settings
    )
    return output[0, ids.shape[1] :].tolist()


class TestTokens:
    def test_are_those_of_each_prompt_alone_and_nothing_is_padding(self, loaded, managers):
        requests = requests_of(*LENGTHS)
        done = loaded.generate(requests)
        tokens = managers[-1].tokens
        assert [tokens[index] for index in range(5)] == [alone(loaded, r) for r in requests]
        assert [item.index for item in done] == [0, 1, 2, 3, 4]
        assert [item.input_tokens for item in done] == list(LENGTHS)
        assert [item.output_tokens for item in done] == [TOKENS] * 5
        assert {(item.batch, item.padded_tokens, item.discarded_tokens) for item in done} == {
            (0, 0, 0)
        }

    def test_may_be_fewer_for_one_call(self, loaded):
        first = loaded.generate(requests_of(3, 4), output_tokens=1)
        again = loaded.generate(requests_of(3, 4))
        assert [len(item.token_ns) for item in (*first, *again)] == [1, 1, TOKENS, TOKENS]


class TestTimes:
    def test_of_a_request_begin_when_it_gets_its_place(self, loaded):
        before_ns = time.monotonic_ns()
        done = loaded.generate(requests_of(*LENGTHS))
        after_ns = time.monotonic_ns()
        for item in done:
            times = [before_ns, item.start_ns, *item.token_ns, after_ns]
            assert times == sorted(times)
            assert len(set(item.token_ns)) == TOKENS
        # two places: the third request gets one that the first or the second has left
        ends = sorted(item.token_ns[-1] for item in done[:2])
        assert done[1].start_ns < ends[0] <= done[2].start_ns

    def test_are_that_of_a_requests_own_end_where_steps_have_none(self, loaded):
        done = loaded.generate(requests_of(*LENGTHS), step_times=False)
        assert [len(item.token_ns) for item in done] == [1] * 5
        assert done[0].token_ns < done[4].token_ns
        assert all(item.start_ns < item.token_ns[0] for item in done)

    def test_progress_is_told_as_requests_end(self, loaded):
        told = []
        loaded.generate(requests_of(*LENGTHS), told.append)
        assert told == [1, 2, 3, 4, 5]


class TestManager:
    def test_is_handed_sizes_in_which_no_request_is_put_off_and_no_prefix_is_shared(
        self, loaded, managers
    ):
        loaded.generate(requests_of(*LENGTHS))
        handed = loaded._generator.model.arguments["continuous_batching_config"]
        fields = continuous_settings(2, "cpu")
        assert {name: getattr(handed, name) for name in fields} == fields
        assert fields["max_requests_per_batch"] == 2
        assert fields["allow_block_sharing"] is fields["use_async_batching"] is False
        # 9 + 6 positions are one page of 32, and one is to spare, for each of two requests
        assert handed.num_blocks == 4
        assert loaded.effective_config["continuous"] == fields
        assert loaded.effective_config["batching"] == "continuous"

    def test_is_kept_and_made_anew_for_a_longer_prompt_alone(self, loaded, managers):
        loaded.generate(requests_of(*LENGTHS))
        made = len(managers)
        loaded.generate(requests_of(2, 2))
        assert len(managers) == made
        loaded.generate(requests_of(max(LENGTHS) + made, 3))
        assert len(managers) == made + 1
        assert managers[0]._generation_thread is None

    def test_leaves_the_settings_of_the_generation_as_they_are(self, loaded):
        loaded.generate(requests_of(2))
        assert loaded._generator.generation_config.eos_token_id is None

    def test_ends_its_thread_with_the_model(self, backend):
        with backend.load(config_of()) as model:
            model.generate(requests_of(2))
            running = loops()
        assert len(loops()) == len(running) - 1
        with pytest.raises(BackendError, match="unloaded"):
            model.generate(requests_of(2))


class TestFailures:
    def test_are_one_sentence_and_leave_nothing_in_flight(self, backend):
        beyond_the_vocabulary = GenerationRequest(0, (1, 1 << 20))
        with backend.load(config_of()) as model:
            running = loops()
            with pytest.raises(BackendError, match="generation failed"):
                model.generate([beyond_the_vocabulary])
            assert loops() == running
            (done,) = model.generate(requests_of(2))
        assert done.output_tokens == TOKENS

    def test_an_interrupt_ends_what_is_in_flight(self, backend):
        def interrupt(done):
            raise KeyboardInterrupt

        with backend.load(config_of()) as model:
            running = loops()
            with pytest.raises(KeyboardInterrupt):
                model.generate(requests_of(*LENGTHS), interrupt)
            assert loops() == running

    def test_a_thread_that_is_gone_is_not_waited_for(self, backend):
        class Gone:
            background_thread_status = SimpleNamespace(fatal_error=None)

            def __getattr__(self, name):
                return lambda *_args, **_options: None

            def pause(self):
                return nullcontext()

        with backend.load(config_of()) as model:
            real = model._generator.model
            model._generator.model = SimpleNamespace(init_continuous_batching=lambda **_: Gone())
            with pytest.raises(BackendError, match="the thread of continuous batching has ended"):
                model.generate(requests_of(2))
            model._generator.model = real


class TestSampling:
    def test_draws_the_same_tokens_in_every_pass(self, backend):
        config = config_of(decoder={"strategy": "sample", "temperature": 1.5})
        with backend.load(config) as model:
            watched = WatchedModel(model._generator.model)
            model._generator.model = watched
            passes = []
            for _ in range(2):
                model.generate(requests_of(*LENGTHS))
                passes.append(dict(watched.managers[-1].tokens))
        assert passes[0] == passes[1]
        assert len({tuple(tokens) for tokens in passes[0].values()}) > 1


class TestNaturalEnds:
    def test_end_a_request_with_its_end_token(self, backend, gpt2_folder, tmp_path):
        import json
        import shutil

        requests = requests_of(4, 2)
        with backend.load(config_of(gpt2_folder)) as model:
            watched = WatchedModel(model._generator.model)
            model._generator.model = watched
            model.generate(requests)
            tokens = watched.managers[-1].tokens
        end = tokens[0][2]
        folder = shutil.copytree(gpt2_folder, tmp_path / "ends")
        path = folder / "generation_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "eos_token_id": end}))
        with backend.load(config_of(folder, "natural")) as model:
            done = model.generate(requests)
        expected = [(row.index(end) + 1 if end in row else TOKENS) for row in tokens.values()]
        assert [item.output_tokens for item in done] == expected
        assert [len(item.token_ns) for item in done] == expected


class TestInstalledTransformers:
    def test_can_do_it(self):
        assert continuous_problems() == ()

    @pytest.mark.parametrize("manager", [None, object], ids=["without", "that-cannot-pause"])
    def test_of_another_version_is_a_problem_with_a_cure(self, manager):
        (problem,) = continuous_problems(lambda: manager)
        assert (problem.code, problem.blocking) == ("no_continuous_batching", True)
        assert "pytorch.batching to static" in problem.cure
