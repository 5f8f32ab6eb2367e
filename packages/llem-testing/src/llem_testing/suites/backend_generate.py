"""What every backend promises of the work that its models do."""

import pytest
from llem_contracts import BackendError, GenerationRequest

from llem_testing.suites.backend_bench import OUTPUT_TOKENS, BackendBench, requests_of

_LENGTHS = ((5, 2), (0, 1), (3, 3))
"""Index and length of requests whose indexes are in no order."""
_SLACK_MIB = 64.0
"""A process may take this much between a reset and the next reading: other threads, allocators."""


class GenerateSuite(BackendBench):
    """`LoadedModel.generate`, `synchronize` and the memory that they take."""

    def test_each_request_is_answered_in_order(self) -> None:
        asked = [GenerationRequest(index, (1,) * length) for index, length in _LENGTHS]
        done = self.generated(asked)
        assert [request.index for request in done] == [request.index for request in asked]

    def test_input_tokens_are_those_of_the_prompt_without_padding(self) -> None:
        done = self.generated(requests_of(3, 1, 2))
        assert [request.input_tokens for request in done] == [3, 1, 2]

    def test_a_prompt_alone_is_not_padded(self) -> None:
        (request,) = self.generated(requests_of(3))
        assert request.padded_tokens == 0

    def test_a_fixed_length_is_reached_and_nothing_is_discarded(self) -> None:
        done = self.generated(requests_of(3, 1, 2), self.fixed_config())
        assert [request.output_tokens for request in done] == [OUTPUT_TOKENS] * 3
        assert [request.discarded_tokens for request in done] == [0] * 3

    def test_natural_outputs_count_useful_tokens_alone(self) -> None:
        if "natural" not in self.descriptor.output_lengths:
            pytest.skip("the descriptor declares no natural output length")
        asked = requests_of(3, 1, 2)
        expected = [self.natural_tokens(request) for request in asked]
        if None in expected:
            pytest.skip("there is no oracle for natural lengths")
        done = self.generated(asked, self.config(output_length="natural"))
        useful = [min(tokens, OUTPUT_TOKENS) for tokens in expected if tokens is not None]
        assert [request.output_tokens for request in done] == useful

    def test_each_useful_token_has_its_time(self) -> None:
        for request in self.generated(requests_of(3, 1, 2)):
            assert request.output_tokens >= 1
            assert len(request.token_ns) == request.output_tokens

    def test_fewer_output_tokens_are_a_matter_of_one_call(self) -> None:
        with self.loaded() as model:
            whole = model.generate(requests_of(3, 1, 2))
            first = model.generate(requests_of(3, 1, 2), output_tokens=1)
            again = model.generate(requests_of(3, 1, 2), output_tokens=10 * OUTPUT_TOKENS)
        assert [(r.output_tokens, r.discarded_tokens) for r in first] == [(1, 0)] * 3
        assert [r.padded_tokens for r in first] == [r.padded_tokens for r in whole]
        assert [r.output_tokens for r in again] == [r.output_tokens for r in whole]

    def test_without_step_times_a_request_has_that_of_its_end(self) -> None:
        with self.loaded() as model:
            before_ns = self.now_ns()
            done = model.generate(requests_of(3, 1, 2), step_times=False)
            after_ns = self.now_ns()
        assert [len(request.token_ns) for request in done] == [1, 1, 1]
        for request in done:
            assert before_ns <= request.token_ns[0] <= after_ns

    def test_times_go_forward_and_lie_within_the_call(self) -> None:
        with self.loaded() as model:
            before_ns = self.now_ns()
            done = model.generate(requests_of(3, 1, 2))
            model.synchronize()
            after_ns = self.now_ns()
        for request in done:
            times = [before_ns, request.start_ns, *request.token_ns, after_ns]
            assert times == sorted(times)

    def test_batches_are_numbered_and_no_larger_than_planned(self) -> None:
        most = self.make_backend().plan(self.config(), []).batch_size
        numbers = [r.batch for r in self.generated(requests_of(*[2] * (2 * most + 1)))]
        assert sorted(set(numbers)) == list(range(max(numbers) + 1))
        assert max(numbers.count(number) for number in set(numbers)) <= most

    def test_the_batches_are_those_that_were_announced(self) -> None:
        most = self.make_backend().plan(self.config(), []).batch_size
        asked = requests_of(*(1 + 3 * index % 5 for index in range(2 * most + 1)))
        with self.loaded() as model:
            announced = model.batches(asked)
            done = model.generate(asked)
        computed = [
            sorted(request.index for request in done if request.batch == number)
            for number in sorted({request.batch for request in done})
        ]
        assert computed == [sorted(request.index for request in batch) for batch in announced]

    def test_a_model_counts_what_was_compiled_for_it(self) -> None:
        with self.loaded() as model:
            before = model.compilations()
            model.generate(requests_of(2))
            assert 0 <= before <= model.compilations()

    def test_copies_of_the_model_take_batches_in_turn_and_each_request_stays_with_its_copy(
        self,
    ) -> None:
        plan = self.make_backend().plan(self.config(), [])
        asked = requests_of(*[2] * (2 * plan.replicas * plan.batch_size))
        with self.loaded() as model:
            done = model.generate(asked)
            part = model.generate(asked[plan.batch_size :])
        assert [r.process for r in done] == [r.batch % plan.replicas for r in done]
        assert [r.process for r in part] == [r.process for r in done[plan.batch_size :]]

    def test_progress_is_told_after_each_batch(self) -> None:
        told: list[int] = []
        most = self.make_backend().plan(self.config(), []).batch_size
        with self.loaded() as model:
            done = model.generate(requests_of(*[2] * (2 * most + 1)), told.append)
        assert len(told) == len({request.batch for request in done})
        assert told == sorted(set(told))
        assert told[-1] == len(done)

    def test_a_generation_that_fails_is_a_backend_error(self) -> None:
        failing = self.failing_generation()
        if failing is None:
            pytest.skip("no generation is known to fail")
        backend, config, requests = failing
        with backend.load(config) as model, pytest.raises(BackendError) as caught:
            model.generate(requests)
        assert str(caught.value)

    def test_memory_is_told_in_agreement_with_itself(self) -> None:
        with self.loaded() as model:
            model.reset_peak_memory()
            model.generate(requests_of(2))
            memory = model.memory()
        assert memory.peak_memory_mib > 0
        taken = memory.peak_memory_mib - memory.model_memory_mib
        assert memory.inference_memory_mib == pytest.approx(taken)

    def test_memory_of_the_device_is_left_to_the_caller(self) -> None:
        with self.loaded() as model:
            assert model.memory().device_memory_mib is None

    def test_a_reset_begins_a_new_peak(self) -> None:
        with self.loaded() as model:
            model.generate(requests_of(2))
            before = model.memory().peak_memory_mib
            model.reset_peak_memory()
            assert model.memory().peak_memory_mib <= before + _SLACK_MIB
