"""A prompt is answered as if it were alone, whatever it shares a batch with."""

import dataclasses

import pytest
import torch
from llem_backend_pytorch.batching import left_padded
from llem_contracts import GenerationRequest
from llem_schema import ExperimentConfig

from .recorder import Recorder

TOKENS = 8
LENGTHS = (9, 1, 5, 3)
BF16_TOLERANCE = 0.03
"""Of the largest logit; bf16 has 8 bits, so that one rounding is 0.004 of a value."""


REQUESTS = [
    GenerationRequest(index, tuple(40 + (11 * index + k) % 120 for k in range(length)))
    for index, length in enumerate(LENGTHS)
]


def loading(backend, precision, **section):
    return backend.load(
        ExperimentConfig(
            model="builtin:tiny",
            precision=precision,
            max_output_tokens=TOKENS,
            pytorch={"device": "cpu", **section},
        )
    )


def rows_of(loaded):
    recorder = Recorder(loaded._generator.model)
    loaded._generator = dataclasses.replace(loaded._generator, model=recorder)
    loaded.generate(REQUESTS)
    return sorted(
        recorder.rows, key=lambda row: [list(r.token_ids[:1]) for r in REQUESTS].index(row[:1])
    )


class TestFp32:
    @pytest.mark.parametrize("batching", ["static", "length_buckets"])
    def test_the_tokens_are_those_of_each_prompt_alone(self, backend, batching):
        with loading(backend, "fp32", batch_size=1) as alone:
            expected = rows_of(alone)
        with loading(backend, "fp32", batch_size=3, batching=batching) as together:
            assert rows_of(together) == expected
        assert len({tuple(row[-TOKENS:]) for row in expected}) > 1


class TestBf16:
    def test_each_token_is_one_that_the_prompt_alone_would_choose_within_rounding(self, backend):
        with loading(backend, "bf16", batch_size=4) as loaded:
            rows = rows_of(loaded)
            model = loaded._generator.model._model
            for request, row in zip(REQUESTS, rows, strict=True):
                with torch.inference_mode():
                    logits = model(torch.tensor([row])).logits[0].float()
                steps = logits[len(request.token_ids) - 1 : -1]
                chosen = steps.gather(1, torch.tensor(row[len(request.token_ids) :])[:, None])
                short = steps.max(dim=1, keepdim=True).values - chosen
                assert float(short.max()) <= BF16_TOLERANCE * float(steps.abs().max())

    def test_the_logits_of_a_padded_row_are_those_of_the_row_alone_within_rounding(self, backend):
        rectangle = left_padded(REQUESTS, pad_id=257)
        mask = torch.tensor(rectangle.attention_mask)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        with loading(backend, "bf16", batch_size=4) as loaded, torch.inference_mode():
            model = loaded._generator.model
            padded = model(
                torch.tensor(rectangle.token_ids), attention_mask=mask, position_ids=positions
            ).logits
            for request, logits in zip(REQUESTS, padded, strict=True):
                alone = model(torch.tensor([request.token_ids])).logits[0].float()
                beside = logits[-len(request.token_ids) :].float()
                assert float((alone - beside).abs().max()) <= BF16_TOLERANCE * float(
                    alone.abs().max()
                )
