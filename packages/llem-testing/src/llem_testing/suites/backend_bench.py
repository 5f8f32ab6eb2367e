"""What the tests of the backend suite share: hooks, oracles, configs and requests."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, get_args

import pytest
from llem_contracts import (
    BackendDescriptor,
    GeneratedRequest,
    GenerationRequest,
    InferenceBackend,
    LoadedModel,
)
from llem_schema import DecodingStrategy, ExperimentConfig, OutputLength, Precision

from llem_testing.cases import example_config
from llem_testing.suites.base import ContractSuite

OUTPUT_TOKENS = 4
"""Of each request, unless it ends by itself before."""
ABILITIES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("precision", "precisions", get_args(Precision)),
    ("decoder", "decoding_strategies", get_args(DecodingStrategy)),
    ("output_length", "output_lengths", get_args(OutputLength)),
)
"""Key of the config, field of the descriptor, all values there are."""


class BackendBench(ContractSuite):
    """The hooks of `BackendSuite`.

    A subclass gives `descriptor`, `make_backend` and `fields`: a model that costs little. The other
    hooks are oracles, each for one promise; a test that has no oracle is skipped.
    """

    descriptor: ClassVar[BackendDescriptor]
    dummy_weights: ClassVar[bool] = False
    """Whether that model's weights are made up."""
    commit: ClassVar[str | None] = None
    """That model's commit; None where it is not from a hub."""

    def make_backend(self) -> InferenceBackend:
        """A new backend."""
        raise NotImplementedError

    def fields(self) -> dict[str, Any]:
        """Fields of the config: `backend`, `model`, and a section with a batch size of 2 or so."""
        raise NotImplementedError

    def now_ns(self) -> int:
        """The clock of `start_ns` and `token_ns`."""
        return time.monotonic_ns()

    def unusable(self) -> tuple[InferenceBackend, ExperimentConfig] | None:
        """A backend and a config whose model cannot be had."""
        return None

    def failing_generation(
        self,
    ) -> tuple[InferenceBackend, ExperimentConfig, Sequence[GenerationRequest]] | None:
        """A backend, a config that loads, and requests with which generation fails."""
        return None

    def refusing(self) -> tuple[BackendDescriptor, InferenceBackend]:
        """A backend and the descriptor that it goes by. To be overridden where the descriptor
        declares everything and the backend can be given one that declares less."""
        return self.descriptor, self.make_backend()

    def natural_tokens(self, request: GenerationRequest) -> int | None:
        """Oracle: useful tokens that the model gives this request before it ends by itself."""
        del request
        return None

    def config(self, **overrides: Any) -> ExperimentConfig:
        """A config that the backend can run."""
        given: dict[str, Any] = {"max_output_tokens": OUTPUT_TOKENS}
        for key, declared, _ in ABILITIES:
            given |= asking_for(key, min(getattr(self.descriptor, declared)))
        return example_config(**given | self.fields() | overrides)

    def fixed_config(self) -> ExperimentConfig:
        """As `config`, with outputs that all have `OUTPUT_TOKENS` tokens."""
        if "fixed" not in self.descriptor.output_lengths:
            pytest.skip("the descriptor declares no fixed output length")
        return self.config(output_length="fixed")

    def loaded(self, config: ExperimentConfig | None = None) -> AbstractContextManager[LoadedModel]:
        """A new backend's model, of `config()` unless told otherwise."""
        return self.make_backend().load(config or self.config())

    def generated(
        self, requests: Sequence[GenerationRequest], config: ExperimentConfig | None = None
    ) -> tuple[GeneratedRequest, ...]:
        """What such a model makes of the requests."""
        with self.loaded(config) as model:
            return model.generate(requests)

    def model_that_cannot_be_had(self) -> tuple[InferenceBackend, ExperimentConfig]:
        """As `unusable`, and the test is skipped where there is none."""
        given = self.unusable()
        if given is None:
            pytest.skip("every model can be had")
        return given


def requests_of(*lengths: int) -> list[GenerationRequest]:
    """Prompts of so many tokens, which are small numbers: every vocabulary has them."""
    return [
        GenerationRequest(index, tuple(1 + position % 8 for position in range(length)))
        for index, length in enumerate(lengths)
    ]


def asking_for(key: str, value: str) -> dict[str, Any]:
    """The config's fields that ask for one of `ABILITIES`."""
    return {"decoder": {"strategy": value}} if key == "decoder" else {key: value}
