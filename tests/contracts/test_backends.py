"""Every installed backend, and the double, keeps the contract."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.descriptors import PYTORCH
from llem_contracts import (
    BackendDescriptor,
    BackendError,
    GenerationRequest,
    InferenceBackend,
    Problem,
)
from llem_plugin_acme import EchoBackend
from llem_plugin_acme.descriptors import ECHO
from llem_schema import ExperimentConfig, RunSettings
from llem_testing import SCRIPTED_BACKEND, FakeClock, ScriptedBackend
from llem_testing.suites import BackendSuite

Failing = tuple[InferenceBackend, ExperimentConfig, Sequence[GenerationRequest]]


class TestScriptedBackend(BackendSuite):
    descriptor = SCRIPTED_BACKEND
    clock = FakeClock()

    def fields(self) -> dict[str, Any]:
        return {"backend": "scripted"}

    def make_backend(self) -> InferenceBackend:
        return ScriptedBackend(self.clock, max_sequence_tokens=64)

    def now_ns(self) -> int:
        return self.clock.monotonic_ns()

    def natural_tokens(self, request: GenerationRequest) -> int:
        return 1 + request.index % 7

    def unusable(self) -> tuple[InferenceBackend, ExperimentConfig]:
        problem = Problem(code="gone", message="The model is gone.", cure="Find it.")
        error = BackendError(problem.message, cure=problem.cure)
        backend = ScriptedBackend(
            self.clock, plan_problems=[problem], fetch_error=error, load_error=error
        )
        return backend, self.config()

    def failing_generation(self) -> Failing:
        backend = ScriptedBackend(self.clock, generate_errors={0: BackendError("no memory left")})
        return backend, self.config(), [GenerationRequest(0, (1, 2))]


class TestPyTorchBackend(BackendSuite):
    plugin = ("llem.backends", "pytorch")
    descriptor = PYTORCH
    dummy_weights = True

    def fields(self) -> dict[str, Any]:
        return {
            "backend": "pytorch",
            "model": "builtin:tiny",
            "precision": "fp32",
            "pytorch": {"device": "cpu", "batch_size": 2},
        }

    def make_backend(self) -> InferenceBackend:
        return PyTorchBackend(RunSettings())

    def refusing(self) -> tuple[BackendDescriptor, InferenceBackend]:
        less = replace(
            self.descriptor,
            precisions=frozenset({"fp32"}),
            decoding_strategies=frozenset({"greedy"}),
            output_lengths=frozenset({"fixed"}),
            adapters=False,
        )
        return less, PyTorchBackend(RunSettings(), descriptor=less)

    def unusable(self) -> tuple[InferenceBackend, ExperimentConfig]:
        return self.make_backend(), self.config(model="builtin:nothing")

    def failing_generation(self) -> Failing:
        beyond_the_vocabulary = 1 << 20
        requests = [GenerationRequest(0, (1, beyond_the_vocabulary))]
        return self.make_backend(), self.config(), requests


@pytest.mark.slow
class TestPyTorchProcesses(TestPyTorchBackend):
    """Two copies of the model, each in a process of its own."""

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        return fields | {"pytorch": {**fields["pytorch"], "num_processes": 2}}


class TestEchoBackend(BackendSuite):
    plugin = ("llem.backends", "acme-echo")
    descriptor = ECHO

    def fields(self) -> dict[str, Any]:
        return {
            "backend": "acme-echo",
            "model": "acme:echo",
            "extension": {"acme-echo": {"step_ms": 0.0, "batch_size": 2}},
        }

    def make_backend(self) -> InferenceBackend:
        return EchoBackend()

    def natural_tokens(self, request: GenerationRequest) -> int:
        return len(request.token_ids)

    def unusable(self) -> tuple[InferenceBackend, ExperimentConfig]:
        return self.make_backend(), self.config(model="acme:silence")
