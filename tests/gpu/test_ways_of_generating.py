"""Each way of generating on a GPU gives what the default gives, and compiles only when asked to."""

from collections.abc import Sequence
from typing import Any

import pytest
from llem_contracts import GeneratedRequest, GenerationRequest
from llem_schema import ExperimentConfig, RunSettings

TOKENS = 16
LENGTHS = (40, 7, 23, 64, 3)
REQUESTS = [
    GenerationRequest(index, tuple((7 * index + 3 * k) % 250 for k in range(length)))
    for index, length in enumerate(LENGTHS)
]


def generated(**section: Any) -> tuple[Sequence[GeneratedRequest], int]:
    """What becomes of the requests in a second pass, and how much was compiled in both."""
    from llem_backend_pytorch import PyTorchBackend

    config = ExperimentConfig(
        model="builtin:tiny",
        precision="fp32",
        max_output_tokens=TOKENS,
        pytorch={"device": "cuda", "batch_size": 2} | section,
    )
    with PyTorchBackend(RunSettings()).load(config) as model:
        before = model.compilations()
        model.generate(REQUESTS)
        done = model.generate(REQUESTS)
        model.synchronize()
        return done, model.compilations() - before


@pytest.mark.usefixtures("torch")
class TestOnAGpu:
    @pytest.mark.parametrize(
        "section",
        [
            {"batching": "length_buckets"},
            {"cache_implementation": "static"},
            {"batching": "continuous"},
            {"batch_size": 1, "assistant_model": "builtin:tiny"},
            {"batch_size": 1, "prompt_lookup_num_tokens": 4},
        ],
        ids=lambda section: "-".join(map(str, section.values())),
    )
    def test_every_request_has_its_tokens_and_their_times(self, section: dict[str, Any]) -> None:
        if section.get("batching") == "continuous":
            from llem_backend_pytorch.continuous import continuous_problems

            for problem in continuous_problems():
                pytest.skip(problem.message)
        done, compiled = generated(**section)
        assert [request.output_tokens for request in done] == [TOKENS] * len(REQUESTS)
        assert all(len(request.token_ns) == TOKENS for request in done)
        assert all(
            [request.start_ns, *request.token_ns] == sorted([request.start_ns, *request.token_ns])
            for request in done
        )
        assert compiled == 0
