"""Backends that each break one promise of planning, fetching or loading."""

import dataclasses
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from llem_contracts import (
    BackendError,
    BackendPlan,
    GeneratedRequest,
    GenerationRequest,
    NotSupported,
    Problem,
)
from llem_schema import DecoderConfig, DeviceFacts, ExperimentConfig
from llem_testing import SCRIPTED_BACKEND, ScriptedModel

from .backend_around import LONGEST, Backend


class Replanning(Backend):
    """Changes its plan."""

    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        return dataclasses.replace(super().plan(config, devices), **self.changes(config))

    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        raise NotImplementedError


class FindsFaultWithAll(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"problems": [Problem(code="dislike", message="I dislike it.", cure="Leave me.")]}


class PlansNoDevice(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"devices": ()}


class LeavesADefaultOpen(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"effective_config": {**self.effective_config(config), "attention": None}}


class TakesDummiesForWeights(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"dummy_weights": True}


class PlansAnotherBatchThanItLoads(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"effective_config": {**self.effective_config(config), "batch_size": 99}}


class PromisesLongPrompts(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"max_sequence_tokens": 2 * LONGEST}

    class model(ScriptedModel):  # noqa: N801
        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            if any(len(request.token_ids) > LONGEST for request in requests):
                raise BackendError("too long")
            return super().generate(requests, progress, **options)


class PlansWhatCannotBeHad(Replanning):
    def changes(self, config: ExperimentConfig) -> dict[str, Any]:
        return {"problems": ()}


class TouchesDevices(Backend):
    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        if any(facts.kind == "accelerator" for facts in devices):
            raise RuntimeError("no CUDA-capable device is detected")
        return super().plan(config, devices)


class AsksTheNetworkForAPlan(Backend):
    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        socket.getaddrinfo("127.0.0.1", 80)
        return super().plan(config, devices)


class FetchesEveryTime(Backend):
    def fetch(self, config: ExperimentConfig) -> None:
        socket.getaddrinfo("127.0.0.1", 80)
        super().fetch(config)


class FetchesWithTheSystemsError(Backend):
    def fetch(self, config: ExperimentConfig) -> None:
        try:
            super().fetch(config)
        except BackendError as error:
            raise OSError(str(error)) from error


class LoadsWithTheSystemsError(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with ExitStack() as stack:
            try:
                model = stack.enter_context(super().load(config))
            except BackendError as error:
                raise OSError(str(error)) from error
            yield model


class RefusesWhatItDeclares(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        if config.precision == "fp32":
            raise NotSupported("fp32 is slow")
        with super().load(config) as model:
            yield model


class LoadsSomethingElse(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        similar: dict[str, Any] = {"decoder": DecoderConfig()}
        if config.precision not in SCRIPTED_BACKEND.precisions:
            similar["precision"] = "fp32"
        with super().load(config.model_copy(update=similar)) as model:
            yield model


class LeavesTheAdapterAway(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config.model_copy(update={"lora": None})) as model:
            yield model


class ChangesTheConfig(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        vars(config)["n"] = config.n + 1
        with super().load(config) as model:
            yield model


class KeepsTheModel(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config) as model:
            yield model
        KEPT.append(model)


class KeepsTheModelAfterAnError(Backend):
    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config) as model:
            try:
                yield model
            except BaseException:
                KEPT.append(model)
                raise


KEPT: list[ScriptedModel] = []
