"""Each of these backends breaks one promise, and the test that is meant for it tells."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import BackendError, GenerationRequest, Problem
from llem_schema import ExperimentConfig
from llem_testing import SCRIPTED_BACKEND, FakeClock
from llem_testing.suites import BackendSuite

from .backend_around import Backend
from .broken_backends import (
    AsksTheNetworkForAPlan,
    ChangesTheConfig,
    FetchesEveryTime,
    FetchesWithTheSystemsError,
    FindsFaultWithAll,
    KeepsTheModel,
    KeepsTheModelAfterAnError,
    LeavesADefaultOpen,
    LeavesTheAdapterAway,
    LoadsSomethingElse,
    LoadsWithTheSystemsError,
    PlansAnotherBatchThanItLoads,
    PlansNoDevice,
    PlansWhatCannotBeHad,
    PromisesLongPrompts,
    RefusesWhatItDeclares,
    TakesDummiesForWeights,
    TouchesDevices,
)
from .broken_models import (
    AnnouncesOneBatch,
    CallsABranchACommit,
    CountsFillerAsOutput,
    CountsPaddingAsInput,
    DisagreesAboutItsMemory,
    FailsWithTheEnginesError,
    ForgetsWhatItCompiled,
    HasAnotherCopyUnannounced,
    HasASmallerVocabularyThanItsTokenizer,
    LosesSpaces,
    NamesLogicalDevices,
    NumbersBatchesFromOne,
    PadsAPromptAlone,
    RaisesItsPeakAtAReset,
    SortsItsAnswers,
    StartsAfterItsFirstToken,
    StaysShort,
    StopsBeforeTheFixedLength,
    TellsNoNumberOfItsConfig,
    TellsObjectsOfItsEnvironment,
    TellsProgressAtTheEndAlone,
    TellsTheDevicesMemory,
    TimesStepsUnasked,
    TimesTheEndAlone,
)
from .verdict import failing_tests


def suite_of(backend: type[Backend]) -> type[BackendSuite]:
    class Suite(BackendSuite):
        descriptor = SCRIPTED_BACKEND

        def __init__(self) -> None:
            self.clock = FakeClock()

        def fields(self) -> dict[str, Any]:
            return {"backend": "scripted"}

        def make_backend(self) -> Backend:
            return backend(self.clock)

        def now_ns(self) -> int:
            return self.clock.monotonic_ns()

        def natural_tokens(self, request: GenerationRequest) -> int:
            return 1 + request.index % 7

        def unusable(self) -> tuple[Backend, ExperimentConfig]:
            problem = Problem(code="gone", message="The model is gone.", cure="Find it.")
            error = BackendError("gone")
            broken = backend(
                self.clock, plan_problems=[problem], fetch_error=error, load_error=error
            )
            return broken, self.config()

        def failing_generation(
            self,
        ) -> tuple[Backend, ExperimentConfig, Sequence[GenerationRequest]]:
            broken = backend(self.clock, generate_errors={0: BackendError("no memory left")})
            return broken, self.config(), [GenerationRequest(0, (1, 2))]

    return Suite


MEANT: dict[type[Backend], str] = {
    FindsFaultWithAll: "test_a_model_that_can_be_had_has_no_problem_that_blocks",
    PlansNoDevice: "test_a_plan_names_devices_and_a_batch_size",
    LeavesADefaultOpen: "test_a_plan_fills_in_every_default_of_the_section",
    TakesDummiesForWeights: "test_a_plan_says_whether_weights_are_dummies",
    TouchesDevices: "test_a_plan_needs_none_of_the_devices_that_it_is_told_of",
    AsksTheNetworkForAPlan: "test_a_plan_opens_no_connection",
    PlansAnotherBatchThanItLoads: "test_a_plan_says_what_load_does",
    PromisesLongPrompts: "test_a_prompt_as_long_as_the_plan_allows_is_taken",
    PlansWhatCannotBeHad: "test_a_model_that_cannot_be_had_is_a_problem_of_the_plan",
    FetchesEveryTime: "test_fetching_what_is_there_does_nothing",
    FetchesWithTheSystemsError: "test_fetching_what_cannot_be_had_is_a_backend_error",
    LoadsWithTheSystemsError: "test_loading_what_cannot_be_had_is_a_backend_error",
    RefusesWhatItDeclares: "test_everything_that_is_declared_loads_and_generates",
    LoadsSomethingElse: "test_what_is_not_declared_is_not_supported",
    LeavesTheAdapterAway: "test_an_adapter_is_not_supported_unless_it_is_declared",
    ChangesTheConfig: "test_the_config_stays_as_it_is",
    KeepsTheModel: "test_leaving_the_context_frees_the_model",
    KeepsTheModelAfterAnError: ("test_an_error_in_the_context_passes_through_and_frees_the_model"),
    LosesSpaces: "test_the_tokenizer_gives_the_text_back",
    HasASmallerVocabularyThanItsTokenizer: "test_the_model_takes_what_the_tokenizer_gives",
    NamesLogicalDevices: "test_devices_are_uuids_and_the_cpu_is_the_host",
    CallsABranchACommit: "test_the_commit_is_that_of_the_hub",
    TellsObjectsOfItsEnvironment: "test_the_environment_is_told_as_json",
    TellsNoNumberOfItsConfig: "test_the_effective_config_is_json",
    SortsItsAnswers: "test_each_request_is_answered_in_order",
    CountsPaddingAsInput: "test_input_tokens_are_those_of_the_prompt_without_padding",
    PadsAPromptAlone: "test_a_prompt_alone_is_not_padded",
    StopsBeforeTheFixedLength: "test_a_fixed_length_is_reached_and_nothing_is_discarded",
    CountsFillerAsOutput: "test_natural_outputs_count_useful_tokens_alone",
    TimesTheEndAlone: "test_each_useful_token_has_its_time",
    StaysShort: "test_fewer_output_tokens_are_a_matter_of_one_call",
    TimesStepsUnasked: "test_without_step_times_a_request_has_that_of_its_end",
    StartsAfterItsFirstToken: "test_times_go_forward_and_lie_within_the_call",
    NumbersBatchesFromOne: "test_batches_are_numbered_and_no_larger_than_planned",
    AnnouncesOneBatch: "test_the_batches_are_those_that_were_announced",
    HasAnotherCopyUnannounced: (
        "test_copies_of_the_model_take_batches_in_turn_and_each_request_stays_with_its_copy"
    ),
    ForgetsWhatItCompiled: "test_a_model_counts_what_was_compiled_for_it",
    TellsProgressAtTheEndAlone: "test_progress_is_told_after_each_batch",
    FailsWithTheEnginesError: "test_a_generation_that_fails_is_a_backend_error",
    DisagreesAboutItsMemory: "test_memory_is_told_in_agreement_with_itself",
    TellsTheDevicesMemory: "test_memory_of_the_device_is_left_to_the_caller",
    RaisesItsPeakAtAReset: "test_a_reset_begins_a_new_peak",
}


class TestBackendSuite:
    def test_a_sound_backend_passes(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(Backend), tmp_path) == set()

    @pytest.mark.parametrize("backend", MEANT, ids=lambda backend: backend.__name__)
    def test_a_broken_backend_fails_the_test_meant_for_it_alone(
        self, backend: type[Backend], tmp_path: Path
    ) -> None:
        assert failing_tests(suite_of(backend), tmp_path) == {MEANT[backend]}

    def test_each_test_has_a_backend_that_fails_it(self) -> None:
        tests = {name for name in dir(BackendSuite) if name.startswith("test_")}
        assert set(MEANT.values()) == tests
