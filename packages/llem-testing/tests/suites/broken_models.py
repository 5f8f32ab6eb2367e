"""Backends whose loaded models each break one promise."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from llem_contracts import BackendError, GeneratedRequest, GenerationRequest
from llem_schema import ExperimentConfig, FrozenDict, JsonObject, MemoryUsage
from llem_testing import ByteTokenizer, FakeClock, ScriptedBackend, ScriptedModel

from .backend_around import Backend


class _Spaceless(ByteTokenizer):
    def decode(self, token_ids: Sequence[int]) -> str:
        return super().decode(token_ids).replace(" ", "")


class LosesSpaces(Backend):
    class model(ScriptedModel):  # noqa: N801
        def __init__(self, backend: ScriptedBackend, config: ExperimentConfig) -> None:
            super().__init__(backend, config)
            self.tokenizer = _Spaceless()


class HasASmallerVocabularyThanItsTokenizer(Backend):
    class model(ScriptedModel):  # noqa: N801
        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            if any(token > 32 for request in requests for token in request.token_ids):
                raise BackendError("the token is not in the vocabulary")
            return super().generate(requests, progress, **options)


class NamesLogicalDevices(Backend):
    class model(ScriptedModel):  # noqa: N801
        def __init__(self, backend: ScriptedBackend, config: ExperimentConfig) -> None:
            super().__init__(backend, config)
            self.devices = ("cpu",)


class CallsABranchACommit(Backend):
    class model(ScriptedModel):  # noqa: N801
        commit = "main"


class TellsObjectsOfItsEnvironment(Backend):
    class model(ScriptedModel):  # noqa: N801
        def environment(self) -> JsonObject:
            return FrozenDict({"engine": FakeClock})


class TellsNoNumberOfItsConfig(Backend):
    class model(ScriptedModel):  # noqa: N801
        def __init__(self, backend: ScriptedBackend, config: ExperimentConfig) -> None:
            super().__init__(backend, config)
            self.effective_config = FrozenDict({**self.effective_config, "scale": float("nan")})


class Rewriting(ScriptedModel):
    """Changes its answers."""

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        **options: Any,
    ) -> tuple[GeneratedRequest, ...]:
        done = super().generate(requests, progress, **options)
        return tuple(dataclasses.replace(request, **self.changes(request)) for request in done)

    def changes(self, request: GeneratedRequest) -> dict[str, Any]:
        raise NotImplementedError


class SortsItsAnswers(Backend):
    class model(ScriptedModel):  # noqa: N801
        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            done = super().generate(requests, progress, **options)
            return tuple(sorted(done, key=lambda request: request.index))


class CountsPaddingAsInput(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            return {"input_tokens": request.input_tokens + request.padded_tokens}


class PadsAPromptAlone(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            return {"padded_tokens": -request.input_tokens % 8}


class StopsBeforeTheFixedLength(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            if self._config.output_length != "fixed" or request.output_tokens == 1:
                return {}
            fewer = request.output_tokens - 1
            return {"output_tokens": fewer, "token_ns": request.token_ns[:fewer]}


class CountsFillerAsOutput(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            filler = request.discarded_tokens
            return {
                "output_tokens": request.output_tokens + filler,
                "discarded_tokens": 0,
                "token_ns": request.token_ns + request.token_ns[-1:] * filler,
            }


class HasAnotherCopyUnannounced(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            return {"process": request.batch % 2}


class TimesTheEndAlone(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            return {"token_ns": request.token_ns[-1:]}


class StaysShort(Backend):
    class model(ScriptedModel):  # noqa: N801
        most: int | None = None

        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            self.most = min(filter(None, (self.most, options.get("output_tokens"))), default=None)
            return super().generate(requests, progress, **options | {"output_tokens": self.most})


class TimesStepsUnasked(Backend):
    class model(ScriptedModel):  # noqa: N801
        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            return super().generate(requests, progress, **options | {"step_times": True})


class StartsAfterItsFirstToken(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            return {"start_ns": request.token_ns[0] + 1}


class NumbersBatchesFromOne(Backend):
    class model(Rewriting):  # noqa: N801
        def changes(self, request: GeneratedRequest) -> dict[str, Any]:
            return {"batch": request.batch + 1}


class AnnouncesOneBatch(Backend):
    class model(ScriptedModel):  # noqa: N801
        announced = True

        def batches(
            self, requests: Sequence[GenerationRequest]
        ) -> tuple[tuple[GenerationRequest, ...], ...]:
            return (tuple(requests),) if self.announced else super().batches(requests)

        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            self.announced = False
            return super().generate(requests, progress, **options)


class ForgetsWhatItCompiled(Backend):
    class model(ScriptedModel):  # noqa: N801
        compiled = 1

        def compilations(self) -> int:
            self.compiled -= 1
            return self.compiled


class TellsProgressAtTheEndAlone(Backend):
    class model(ScriptedModel):  # noqa: N801
        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            done = super().generate(requests, **options)
            if progress is not None:
                progress(len(done))
            return done


class FailsWithTheEnginesError(Backend):
    class model(ScriptedModel):  # noqa: N801
        def generate(
            self,
            requests: Sequence[GenerationRequest],
            progress: Callable[[int], None] | None = None,
            **options: Any,
        ) -> tuple[GeneratedRequest, ...]:
            try:
                return super().generate(requests, progress, **options)
            except BackendError as error:
                raise RuntimeError(str(error)) from error


class DisagreesAboutItsMemory(Backend):
    class model(ScriptedModel):  # noqa: N801
        def memory(self) -> MemoryUsage:
            return super().memory().model_copy(update={"inference_memory_mib": 20.0})


class TellsTheDevicesMemory(Backend):
    class model(ScriptedModel):  # noqa: N801
        def memory(self) -> MemoryUsage:
            return super().memory().model_copy(update={"device_memory_mib": 1024.0})


class RaisesItsPeakAtAReset(Backend):
    class model(ScriptedModel):  # noqa: N801
        resets = 0

        def reset_peak_memory(self) -> None:
            self.resets += 1

        def memory(self) -> MemoryUsage:
            usage = super().memory()
            peak_mib = usage.peak_memory_mib + 1000.0 * self.resets
            return usage.model_copy(
                update={
                    "peak_memory_mib": peak_mib,
                    "inference_memory_mib": peak_mib - usage.model_memory_mib,
                }
            )
