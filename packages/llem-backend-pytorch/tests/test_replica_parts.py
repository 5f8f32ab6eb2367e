"""What is decided about copies of a model without starting any."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from llem_backend_pytorch.dealing import batch_numbers, shares
from llem_backend_pytorch.hanging import Watch, cpu_seconds
from llem_backend_pytorch.replica_messages import (
    answers_as_data,
    answers_of_data,
    error_as_data,
    error_of_data,
    line_of,
    requests_as_data,
    requests_of_data,
)
from llem_backend_pytorch.replica_placement import (
    replica_devices,
    replica_problems,
    threads_each,
    visible_device,
)
from llem_backend_pytorch.replicated import gathered, memory_together
from llem_backend_pytorch.settings import settings_of
from llem_backend_pytorch.shared_pages import shared_bytes
from llem_contracts import (
    BackendError,
    GeneratedRequest,
    GenerationRequest,
    NotSupported,
    OutOfMemory,
)
from llem_schema import ExperimentConfig, PyTorchConfig
from llem_testing import example_accelerator, example_host

MIB = 1024**2

counts = st.integers(1, 60)
sizes = st.integers(1, 9)
copies = st.integers(1, 6)


def requests_of(count):
    return [GenerationRequest(index, (1,)) for index in range(count)]


def answer(index, batch, process=0):
    return GeneratedRequest(
        index=index,
        batch=batch,
        input_tokens=1,
        padded_tokens=0,
        output_tokens=2,
        discarded_tokens=0,
        start_ns=5,
        token_ns=(6, 7),
        process=process,
    )


class TestDealing:
    @given(counts, sizes, copies)
    def test_every_request_goes_to_one_copy_in_its_order(self, count, size, number):
        dealt = shares(requests_of(count), size, number)
        assert sorted(r.index for share in dealt.values() for r in share) == list(range(count))
        assert all(share == sorted(share, key=lambda r: r.index) for share in dealt.values())

    @given(counts, sizes, copies)
    def test_batches_are_those_of_one_process_and_their_numbers_tell_the_copy(
        self, count, size, number
    ):
        dealt = shares(requests_of(count), size, number)
        own = {c: [s[i : i + size] for i in range(0, len(s), size)] for c, s in dealt.items()}
        numbers = batch_numbers([len(own.get(copy, ())) for copy in range(number)])
        together = {at: own[copy][batch] for (copy, batch), at in numbers.items()}
        alone = [requests_of(count)[i : i + size] for i in range(0, count, size)]
        assert [together[at] for at in range(len(together))] == alone
        assert all(at % number == copy for (copy, _), at in numbers.items())

    @given(counts, sizes, copies, st.data())
    def test_a_request_goes_to_the_same_copy_in_a_call_about_a_part(
        self, count, size, number, data
    ):
        requests = requests_of(count)
        part = data.draw(st.lists(st.sampled_from(requests), unique=True))
        whole = shares(requests, size, number)
        for copy, share in shares(part, size, number).items():
            assert set(share) <= set(whole[copy])


class TestGathering:
    def gathered(self, answered):
        """Of three requests that two processes were asked for in turn."""
        asked = requests_of(3)
        return gathered(asked, {0: [asked[0], asked[2]], 1: [asked[1]]}, answered)

    def test_answers_come_in_order_with_process_and_one_numbering_of_batches(self):
        answered = {0: [answer(0, 0), answer(2, 1)], 1: [answer(1, 0)]}
        done = self.gathered(answered)
        assert done == (answer(0, 0), answer(1, 1, process=1), answer(2, 2))

    @pytest.mark.parametrize(
        "given",
        [[answer(0, 0)], [answer(0, 0), answer(2, 1), answer(2, 1)], [answer(0, 0), answer(1, 0)]],
        ids=["one is lost", "one comes twice", "one is somebody else's"],
    )
    def test_a_process_without_one_answer_each_is_named(self, given):
        with pytest.raises(BackendError, match="process 0 was asked for the requests 0, 2 and"):
            self.gathered({0: given, 1: [answer(1, 0)]})


class TestMessages:
    @given(st.lists(st.tuples(st.integers(0, 99), st.lists(st.integers(0, 999)).map(tuple))))
    def test_requests_come_through(self, data):
        requests = [GenerationRequest(*fields) for fields in data]
        assert requests_of_data(requests_as_data(requests)) == requests

    def test_answers_come_through(self):
        answers = [answer(0, 0), replace(answer(7, 3), token_ns=())]
        assert answers_of_data(answers_as_data(answers)) == answers

    def test_a_message_is_one_line(self):
        assert line_of({"done": "a\nb"}) == b'{"done":"a\\nb"}\n'

    def test_an_error_keeps_its_type_its_words_and_its_cure(self):
        told = error_of_data(error_as_data(NotSupported("no fp8", cure="fp16")), "process 1")
        assert (type(told), str(told), told.cure) == (NotSupported, "process 1: no fp8", "fp16")

    def test_memory_that_ran_out_keeps_the_size_that_may_fit(self):
        error = OutOfMemory("no room", cure="4", batch_size=8, likely_batch_size=4)
        told = error_of_data(error_as_data(error), "process 1")
        assert isinstance(told, OutOfMemory)
        assert (told.batch_size, told.likely_batch_size, told.cure) == (8, 4, "4")

    def test_an_error_that_nobody_meant_is_a_backend_error_of_one_line(self):
        told = error_of_data(error_as_data(ValueError("a\nb")), "process 1")
        assert (type(told), str(told)) == (BackendError, "process 1: ValueError: a")
        assert told.cure


class TestPlacement:
    def test_the_cpu_is_shared_and_each_copy_has_a_gpu(self):
        assert replica_devices("cpu", 2) == ("cpu", "cpu")
        assert replica_devices("cuda:0", 3) == ("cuda:0", "cuda:1", "cuda:2")

    @pytest.mark.parametrize(
        ("visible", "second"),
        [(None, "1"), ("3,5", "5"), ("GPU-aa, MIG-bb", "MIG-bb")],
        ids=["all", "by index", "by id"],
    )
    def test_a_process_sees_its_own_device_alone(self, visible, second):
        environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
        assert visible_device(environ, 1) == second

    def test_threads_of_one_process_are_divided(self):
        assert [threads_each(8, copies) for copies in (1, 2, 3, 9)] == [8, 4, 2, 1]


class TestProblems:
    def problems(self, copies, prompts=100, device="cpu", gpus=0, cores=8, **section):
        """With one prompt to a batch where the section does not say otherwise."""
        config = ExperimentConfig(
            model="builtin:tiny", pytorch=PyTorchConfig(num_processes=copies, **section)
        )
        visible = [example_host(logical_cores=cores, usable_cores=cores)]
        visible += [example_accelerator(number) for number in range(gpus)]
        found = replica_problems(settings_of(config), prompts, device, visible)
        assert all(problem.blocking and problem.cure for problem in found)
        return found

    def codes(self, copies, **circumstances):
        return [problem.code for problem in self.problems(copies, **circumstances)]

    def test_as_many_as_there_are_cores_gpus_and_batches_have_none(self):
        assert self.codes(8, prompts=8) == []
        assert self.codes(2, device="cuda:0", gpus=2, prompts=9, batch_size=8) == []

    def test_more_than_cores_or_gpus_are_told(self):
        assert self.codes(9) == ["too_many_processes"]
        assert self.codes(3, device="cuda:0", gpus=2) == ["too_many_processes"]

    def test_threads_that_are_asked_for_need_cores_in_every_process(self):
        assert self.codes(4, num_threads=2) == []
        (problem,) = self.problems(4, num_threads=3)
        assert "4 with 3 threads each, and 8 CPU cores" in problem.message
        assert problem.cure == "Set pytorch.num_processes to 2 or less."

    def test_processes_without_a_prompt_are_told_with_what_would_do(self):
        assert self.codes(3, prompts=16, batch_size=8) == ["idle_processes"]
        (problem,) = self.problems(3, prompts=16, batch_size=8)
        assert "leave 1 of 3 processes" in problem.message
        assert problem.cure.startswith("Set n to 17 or more")

    def test_one_process_has_none(self):
        assert self.codes(1, prompts=1, device="cuda:0", cores=1) == []


class TestDeviceMap:
    def test_does_not_go_with_several_processes(self, backend):
        section = PyTorchConfig(device="cuda", num_processes=2, device_map="auto")
        config = ExperimentConfig(model="builtin:tiny", pytorch=section)
        gpus = [example_accelerator(0), example_accelerator(1)]
        assert "setting_conflict" in {p.code for p in backend.plan(config, gpus).problems}


class TestPlan:
    def plan(self, backend, device):
        config = ExperimentConfig(
            model="builtin:tiny",
            pytorch=PyTorchConfig(device=device, num_processes=2),
        )
        return backend.plan(config, [example_host(), *map(example_accelerator, range(3))])

    def test_each_copy_has_a_gpu_of_its_own(self, backend):
        plan = self.plan(backend, "cuda")
        assert plan.devices == plan.effective_config["device"] == ("cuda:0", "cuda:1")
        assert plan.replicas == plan.effective_config["num_processes"] == 2

    def test_copies_on_the_cpu_are_on_one_device(self, backend):
        plan = self.plan(backend, "cpu")
        assert plan.devices == (plan.effective_config["device"],) == ("cpu",)
        assert plan.replicas == 2


class TestMemory:
    def usage(self, model_mib, peak_mib):
        return {
            "weights_mib": 10.0,
            "model_memory_mib": model_mib,
            "peak_memory_mib": peak_mib,
            "inference_memory_mib": peak_mib - model_mib,
            "device_memory_mib": None,
            "source": "resident_set",
        }

    def test_of_all_processes_is_their_sum_less_what_they_share(self):
        told = [
            {"usage": self.usage(100.0, 120.0), "shared_mib": 30.0},
            {"usage": self.usage(110.0, 150.0), "shared_mib": 30.0},
        ]
        memory = memory_together(told)
        assert memory.weights_mib == 20.0
        assert memory.model_memory_mib == 150.0
        assert memory.peak_memory_mib == 210.0
        assert memory.inference_memory_mib == 60.0
        assert memory.device_memory_mib is None

    def test_shared_pages_are_what_the_proportional_set_lacks(self, tmp_path):
        (tmp_path / "smaps_rollup").write_text(
            "55d0-7ffe ---p 00000000 00:00 0    [rollup]\nRss:    4096 kB\nPss:    1024 kB\n"
            "Pss_Anon:   512 kB\n"
        )
        assert shared_bytes(tmp_path) == 3 * MIB

    def test_where_the_system_does_not_tell_nothing_is_taken_off(self, tmp_path):
        assert shared_bytes(tmp_path) == 0


class TestWatch:
    def watch(self, *used_s):
        """Looks once a second at a process that has used so much, and has patience for 3 s."""
        seconds = iter(range(100))
        used = iter(used_s)
        watch = Watch(lambda: next(used), lambda: next(seconds) * 10**9, 3.0)
        return [watch.hangs() for _ in used_s[1:]]

    def test_a_process_that_uses_nothing_hangs(self):
        assert self.watch(5.0, 5.0, 5.0, 5.0) == [False, False, True]

    def test_one_that_uses_little_but_some_does_not(self):
        assert self.watch(*(5.0 + 0.002 * look for look in range(9))) == [False] * 8

    def test_where_nothing_tells_none_does(self):
        assert self.watch(None, None, None, None, None) == [False] * 4

    def test_cpu_time_is_of_user_and_kernel(self, tmp_path):
        (tmp_path / "7").mkdir()
        (tmp_path / "7/stat").write_text("7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 150 50 9 9 20 0\n")
        assert cpu_seconds(7, tmp_path) == 2.0
        assert cpu_seconds(8, tmp_path) is None
