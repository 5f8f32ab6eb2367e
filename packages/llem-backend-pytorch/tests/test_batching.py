from hypothesis import given, strategies as st
from llem_backend_pytorch.batching import batches, left_padded
from llem_backend_pytorch.counting import useful_tokens
from llem_contracts import GenerationRequest

token_ids = st.lists(st.integers(0, 300), min_size=1, max_size=12)
prompts = st.lists(token_ids, min_size=1, max_size=9)


def requests_of(rows):
    return [GenerationRequest(index, tuple(row)) for index, row in enumerate(rows)]


class TestRectangle:
    @given(prompts, st.integers(0, 300))
    def test_every_row_ends_with_its_prompt_and_masks_what_comes_before(self, rows, pad_id):
        rectangle = left_padded(requests_of(rows), pad_id)
        width = max(map(len, rows))
        for row, ids, mask in zip(rows, rectangle.token_ids, rectangle.attention_mask, strict=True):
            gap = width - len(row)
            assert ids == [pad_id] * gap + row
            assert mask == [0] * gap + [1] * len(row)

    def test_padding_is_what_the_longest_prompt_adds_to_the_others(self):
        requests = requests_of([[1, 2, 3, 4], [5]])
        rectangle = left_padded(requests, pad_id=0)
        assert [rectangle.padding(request) for request in requests] == [0, 3]


class TestBatches:
    @given(prompts, st.integers(1, 5))
    def test_static_ones_keep_the_order_and_lose_nothing(self, rows, size):
        found = batches(requests_of(rows), size, "static")
        assert [position for batch in found for position in batch] == list(range(len(rows)))
        assert all(len(batch) == size for batch in found[:-1])

    @given(prompts, st.integers(1, 5))
    def test_length_buckets_go_from_the_longest_prompt_to_the_shortest(self, rows, size):
        found = batches(requests_of(rows), size, "length_buckets")
        positions = [position for batch in found for position in batch]
        lengths = [len(rows[position]) for position in positions]
        assert sorted(positions) == list(range(len(rows)))
        assert lengths == sorted(lengths, reverse=True)
        assert all(len(batch) == size for batch in found[:-1])


class TestUsefulTokens:
    def test_the_end_token_counts_and_nothing_after_it(self):
        assert useful_tokens([5, 6, 2, 0, 0], {2}) == 3

    def test_a_row_without_an_end_is_useful_throughout(self):
        assert useful_tokens([5, 6, 7], {2}) == 3

    @given(st.lists(st.integers(0, 5), max_size=20))
    def test_a_second_end_token_changes_nothing(self, row):
        assert useful_tokens([*row, 9, 9, 1], {9}) == len(row) + 1
