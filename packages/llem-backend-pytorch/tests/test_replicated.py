"""Two copies of a model, each in a process of its own, against one."""

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig, PyTorchConfig

LENGTHS = (3, 9, 4, 4, 12, 5, 7, 6, 8)
BATCH_SIZE = 2
NUMBERS = [index // BATCH_SIZE for index in range(len(LENGTHS))]
END_IDS = list(range(0, 250, 6))
NO_REPETITION = {"no_repeat_ngram_size": 1}
"""With many tokens that end an output, and none that comes twice, the length of an output tells
which tokens were in it."""


def config_of(folder, copies, **changes):
    section = PyTorchConfig(device="cpu", batch_size=BATCH_SIZE, num_processes=copies)
    settings = {"precision": "fp32", "max_output_tokens": 12, "output_length": "natural"}
    settings["passthrough_kwargs"] = NO_REPETITION
    return ExperimentConfig(model=str(folder), pytorch=section, **{**settings, **changes})


def requests():
    return [
        GenerationRequest(index, tuple((31 * index + 7 * place) % 250 for place in range(length)))
        for index, length in enumerate(LENGTHS)
    ]


def tokens_of(done):
    return [
        (r.index, r.input_tokens, r.padded_tokens, r.output_tokens, r.discarded_tokens)
        for r in done
    ]


def children():
    """Process ids of the replicas of this process."""
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [
        int(pid)
        for pid in found
        if b"llem_backend_pytorch.replica" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest.fixture(scope="module")
def folder(gpt2_folder, tmp_path_factory):
    copied = shutil.copytree(gpt2_folder, tmp_path_factory.mktemp("ending") / "model")
    path = copied / "generation_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "eos_token_id": END_IDS}))
    return copied


@pytest.fixture(scope="module")
def pair(backend, folder):
    with backend.load(config_of(folder, 2)) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def alone(backend, folder):
    with backend.load(config_of(folder, 1)) as loaded:
        yield loaded


class TestAnswers:
    def test_greedy_tokens_are_those_of_one_process(self, pair, alone):
        done = pair.generate(requests())
        assert tokens_of(done) == tokens_of(alone.generate(requests()))
        assert len({request.output_tokens for request in done}) >= 3

    def test_batches_are_computed_by_the_processes_in_turn(self, pair, alone):
        done = pair.generate(requests())
        assert [request.batch for request in done] == NUMBERS
        assert [request.process for request in done] == [number % 2 for number in NUMBERS]
        assert pair.batches(requests()) == alone.batches(requests())

    def test_a_part_of_a_pass_is_computed_where_the_pass_computes_it(self, pair):
        part = [request for request in requests() if NUMBERS[request.index] in (1, 2)]
        done = pair.generate(part)
        assert [request.process for request in done] == [1, 1, 0, 0]

    def test_a_call_may_ask_for_fewer_tokens_and_no_times(self, pair):
        done = pair.generate(requests(), output_tokens=1, step_times=False)
        assert [request.output_tokens for request in done] == [1] * len(LENGTHS)
        assert [len(request.token_ns) for request in done] == [1] * len(LENGTHS)

    def test_progress_counts_the_requests_of_all_processes(self, pair):
        told = []
        pair.generate(requests(), told.append)
        assert told == sorted(told)
        assert len(told) == len(set(NUMBERS))
        assert told[-1] == len(LENGTHS)


class TestRecord:
    def test_says_how_many_processes_and_threads_there_are(self, pair, alone):
        threads = max(alone.environment()["threads"] // 2, 1)
        ours = dict(pair.effective_config)
        processes = ours.pop("processes")
        assert ours == {**alone.effective_config, "num_processes": 2, "num_threads": threads}
        assert processes == tuple({"device": "cpu", "random_seed": seed} for seed in (42, 43))
        environment = pair.environment()
        assert (environment["processes"], environment["threads"]) == (2, threads)

    def test_the_model_is_the_same(self, pair, alone):
        assert (pair.shape, pair.commit, pair.devices) == (alone.shape, alone.commit, alone.devices)
        text = "the quick brown fox"
        assert pair.tokenizer.encode(text) == alone.tokenizer.encode(text)
        assert pair.tokenizer.decode([70, 71]) == alone.tokenizer.decode([70, 71])

    def test_memory_that_processes_share_counts_once(self, pair):
        pair.reset_peak_memory()
        pair.generate(requests())
        pair.synchronize()
        memory = pair.memory()
        status = [Path(f"/proc/{pid}/status").read_text() for pid in children()]
        resident_mib = sum(int(text.split("VmRSS:")[1].split()[0]) for text in status) / 1024
        assert len(status) == 2
        assert 0 < memory.model_memory_mib < resident_mib - 50
        assert memory.weights_mib == pytest.approx(2 * alone_weights_mib(pair))


def alone_weights_mib(loaded):
    return 4 * loaded.shape.counted_parameters / 1024**2


@pytest.mark.slow
class TestSampling:
    def lengths(self, loaded):
        """Of one prompt, given to each process."""
        same = [GenerationRequest(2 * copy, (1, 2, 3)) for copy in range(2)]
        return [request.output_tokens for request in loaded.generate(same)]

    def test_each_process_draws_from_a_seed_of_its_own_the_same_in_every_pass(
        self, backend, folder
    ):
        decoder = {"strategy": "sample", "temperature": 2.0}

        def config(copies, seed):
            return config_of(
                folder, copies, decoder=decoder, random_seed=seed, max_output_tokens=40
            )

        with backend.load(config(2, 7)) as loaded:
            seeds = [one["random_seed"] for one in loaded.effective_config["processes"]]
            first, again = self.lengths(loaded), self.lengths(loaded)
        assert seeds == [7, 8]
        assert first == again
        for number, seed in enumerate(seeds):
            with backend.load(config(1, seed)) as loaded:
                (request,) = loaded.generate([GenerationRequest(0, (1, 2, 3))])
            assert request.output_tokens == first[number]


@pytest.mark.slow
class TestFailure:
    def test_a_process_that_cannot_load_is_one_error_with_its_cure(
        self, backend, gpt2_folder, tmp_path
    ):
        copied = shutil.copytree(gpt2_folder, tmp_path / "model")
        (copied / "model.safetensors").write_bytes(b"\x01" * 100)
        told = r"^process \d on cpu: the file model.safetensors"
        with pytest.raises(BackendError, match=told) as caught, backend.load(config_of(copied, 2)):
            pass
        assert caught.value.cure
        assert children() == []

    def test_a_generation_that_fails_in_one_process_ends_all(self, backend, folder):
        with backend.load(config_of(folder, 2)) as loaded:
            assert len(children()) == 2
            with pytest.raises(BackendError, match="process 1 on cpu: request 2 has no tokens"):
                loaded.generate([GenerationRequest(0, (1,)), GenerationRequest(2, ())])
            assert children() == []

    def test_a_killed_process_is_one_error_and_ends_all(self, backend, folder):
        with backend.load(config_of(folder, 2)) as loaded:
            os.kill(children()[1], signal.SIGKILL)
            with pytest.raises(BackendError, match=r"was killed by SIGKILL, .* are lost"):
                loaded.generate(requests())
            assert children() == []
