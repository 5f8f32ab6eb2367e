"""Ragged batches that end early, counted by hand, under each way of batching."""

import pytest
import torch
from llem_backend_pytorch.generation import Generator
from llem_backend_pytorch.loaded import PyTorchModel
from llem_contracts import GenerationRequest
from llem_schema import FrozenDict
from llem_testing import example_shape
from transformers import GenerationConfig

END, PAD = 9, 0
MOST = 5


class Countdown(torch.nn.Module):
    """Continues a prompt that ends with the token k by k useful tokens, the last of them `END`.

    As `generate` does, it goes on until every row of the batch has ended, and gives the rows that
    ended before padding.
    """

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def generate(self, token_ids, *, streamer, generation_config, **arguments):
        asked = [row[-1] for row in token_ids.tolist()]
        steps = min(max(asked), generation_config.max_new_tokens)
        rows = [([1] * (k - 1) + [END] + [PAD] * steps)[:steps] for k in asked]
        new = torch.tensor(rows)
        streamer.put(token_ids)
        for column in new.T:
            streamer.put(column)
        return torch.cat([token_ids, new], dim=1)


def model_of(batching):
    generator = Generator(
        model=Countdown(),
        device=torch.device("cpu"),
        generation_config=GenerationConfig(max_new_tokens=MOST),
        arguments={},
        end_ids=frozenset({END}),
        pad_id=PAD,
        fixed_length=None,
    )
    return PyTorchModel(
        generator=generator,
        tokenizer=None,
        shape=example_shape(),
        positions=0,
        commit=None,
        batch_size=2,
        batching=batching,
        sampling_seed=None,
        effective_config=FrozenDict(),
        memory=None,
    )


# Prompt lengths 1, 4, 2, 4, 3; they end after 3, 1, 2, 7 and 4 tokens, and 5 are the most.
REQUESTS = [
    GenerationRequest(0, (3,)),
    GenerationRequest(1, (8, 8, 8, 1)),
    GenerationRequest(2, (8, 2)),
    GenerationRequest(3, (8, 8, 8, 7)),
    GenerationRequest(4, (8, 8, 4)),
]

# Static: {0, 1} is 4 wide and takes 3 steps, {2, 3} is 4 wide and takes 5, {4} is 3 wide and
# takes 4. Padding: 4-1, 0, 4-2, 0, 0. After the end: 3-3, 3-1, 5-2, 5-5, 4-4.
# Length buckets: {1, 3} is 4 wide and takes 5 steps, {4, 2} is 3 wide and takes 4, {0} is 1 wide
# and takes 3. Padding: 0, 0, 3-2, 0, 0. After the end: 3-3, 5-1, 4-2, 5-5, 4-4.
COUNTED = {
    "static": {"batch": [0, 0, 1, 1, 2], "padded": [3, 0, 2, 0, 0], "discarded": [0, 2, 3, 0, 0]},
    "length_buckets": {
        "batch": [2, 0, 1, 0, 1],
        "padded": [0, 0, 1, 0, 0],
        "discarded": [0, 4, 2, 0, 0],
    },
}


@pytest.mark.parametrize("batching", list(COUNTED))
class TestRaggedBatches:
    def test_useful_padded_and_discarded_tokens_are_those_counted_by_hand(self, batching):
        done = model_of(batching).generate(REQUESTS)
        assert [item.index for item in done] == [0, 1, 2, 3, 4]
        assert [item.input_tokens for item in done] == [1, 4, 2, 4, 3]
        assert [item.output_tokens for item in done] == [3, 1, 2, 5, 4]
        counted = COUNTED[batching]
        assert [item.batch for item in done] == counted["batch"]
        assert [item.padded_tokens for item in done] == counted["padded"]
        assert [item.discarded_tokens for item in done] == counted["discarded"]

    def test_the_batches_are_announced_as_they_come(self, batching):
        model = model_of(batching)
        announced = [[request.index for request in batch] for batch in model.batches(REQUESTS)]
        done = model.generate(REQUESTS)
        computed = [
            {item.index for item in done if item.batch == number}
            for number in range(len(announced))
        ]
        assert computed == [set(batch) for batch in announced]
