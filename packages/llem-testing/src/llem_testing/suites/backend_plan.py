"""What every backend promises of its plans, and of fetching."""

import json

import pytest
from llem_contracts import BackendError
from llem_schema import DeviceFacts

from llem_testing.cases import example_accelerator, example_host
from llem_testing.suites.backend_bench import OUTPUT_TOKENS, BackendBench, requests_of
from llem_testing.suites.connections import connections


class PlanSuite(BackendBench):
    """`InferenceBackend.plan` and `InferenceBackend.fetch`."""

    def test_a_model_that_can_be_had_has_no_problem_that_blocks(self) -> None:
        plan = self.make_backend().plan(self.config(), [example_host()])
        assert [problem for problem in plan.problems if problem.blocking] == []

    def test_a_plan_names_devices_and_a_batch_size(self) -> None:
        plan = self.make_backend().plan(self.config(), [example_host()])
        assert plan.devices
        assert plan.batch_size >= 1

    def test_a_plan_fills_in_every_default_of_the_section(self) -> None:
        effective = self.make_backend().plan(self.config(), []).effective_config
        json.dumps(effective, allow_nan=False)
        assert [key for key, value in effective.items() if value is None] == []

    def test_a_plan_says_whether_weights_are_dummies(self) -> None:
        assert self.make_backend().plan(self.config(), []).dummy_weights is self.dummy_weights

    def test_a_plan_needs_none_of_the_devices_that_it_is_told_of(self) -> None:
        devices: list[DeviceFacts] = [example_accelerator(0), example_accelerator(1)]
        absent = self.make_backend().plan(self.config(), devices)
        assert absent.shape == self.make_backend().plan(self.config(), []).shape

    def test_a_plan_opens_no_connection(self) -> None:
        backend = self.make_backend()
        with connections() as opened:
            backend.plan(self.config(), [example_host()])
        assert opened == []

    def test_a_plan_says_what_load_does(self) -> None:
        plan = self.make_backend().plan(self.config(), [])
        with self.loaded() as model:
            assert model.shape == plan.shape
            in_both = plan.effective_config.keys() & model.effective_config.keys()
            assert in_both
            for key in in_both:
                assert model.effective_config[key] == plan.effective_config[key], key

    def test_a_prompt_as_long_as_the_plan_allows_is_taken(self) -> None:
        config = self.fixed_config()
        most = self.make_backend().plan(config, []).max_sequence_tokens
        if most is None:
            pytest.skip("the model takes sequences of any length")
        with self.loaded(config) as model:
            (request,) = model.generate(requests_of(most - OUTPUT_TOKENS))
        assert request.input_tokens == most - OUTPUT_TOKENS

    def test_a_model_that_cannot_be_had_is_a_problem_of_the_plan(self) -> None:
        backend, config = self.model_that_cannot_be_had()
        blocking = [p for p in backend.plan(config, [example_host()]).problems if p.blocking]
        assert blocking, "no problem blocks"
        assert all(p.code and p.message and p.cure for p in blocking)

    def test_fetching_what_is_there_does_nothing(self) -> None:
        backend = self.make_backend()
        backend.fetch(self.config())
        with connections() as opened:
            backend.fetch(self.config())
        assert opened == []

    def test_fetching_what_cannot_be_had_is_a_backend_error(self) -> None:
        backend, config = self.model_that_cannot_be_had()
        with pytest.raises(BackendError):
            backend.fetch(config)
