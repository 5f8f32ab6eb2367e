"""Which batches warm up, and when."""

from hypothesis import given, strategies as st
from llem_contracts import GenerationRequest
from llem_harness.workload import warmup_order, warmup_runs
from llem_testing.suites.backend_bench import requests_of

Batches = list[tuple[GenerationRequest, ...]]


def batches_of(*lengths: tuple[int, ...]) -> Batches:
    return [tuple(requests_of(*prompts)) for prompts in lengths]


class TestWarmupOrder:
    def test_the_longest_prompt_and_each_number_of_requests_come_first(self) -> None:
        batches = batches_of((3, 5), (2, 7), (4, 4), (6,))
        order = warmup_order(batches)
        assert order == [batches[1], batches[3], batches[0], batches[2]]

    @given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=4), min_size=1, max_size=6))
    def test_every_batch_of_a_pass_comes_once(self, lengths: list[list[int]]) -> None:
        batches = batches_of(*map(tuple, lengths))
        order = warmup_order(batches)
        assert sorted(map(id, order)) == sorted(map(id, batches))
        assert max(len(r.token_ids) for batch in batches for r in batch) == max(
            len(request.token_ids) for request in order[0]
        )


class TestWarmupRuns:
    def test_without_copies_are_the_batches_in_their_order(self) -> None:
        batches = batches_of((3, 5), (2, 7), (4,))
        assert warmup_runs(batches, 1) == warmup_order(batches)

    def test_each_run_gives_every_copy_a_batch_of_its_own(self) -> None:
        first, second, third, fourth, last = batches = batches_of((3,), (2,), (9,), (7,), (4,))
        assert warmup_runs(batches, 2) == [third + fourth, first + second, last + fourth]

    def test_copies_without_a_batch_stay_cold(self) -> None:
        batches = batches_of((3,))
        assert warmup_runs(batches, 4) == batches

    @given(
        st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=3), min_size=1, max_size=9),
        st.integers(1, 4),
    )
    def test_every_copy_is_warmed_with_all_that_it_computes(
        self, lengths: list[list[int]], replicas: int
    ) -> None:
        batches = batches_of(*map(tuple, lengths))
        runs = warmup_runs(batches, replicas)
        for copy in range(min(replicas, len(batches))):
            own = {id(request) for batch in batches[copy::replicas] for request in batch}
            warmed = [{id(request) for request in run} & own for run in runs]
            assert set().union(*warmed) == own
            assert all(warmed)
