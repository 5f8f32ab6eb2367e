"""Which batches warm up, and when."""

from hypothesis import given, strategies as st
from llem_contracts import GenerationRequest
from llem_harness.workload import warmup_order
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
