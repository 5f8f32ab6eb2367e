"""A counter that breaks one promise fails the test that is meant for it."""

from collections.abc import Sequence
from pathlib import Path

from llem_contracts import FlopsCounter, RequestTokens
from llem_flops.palm import PalmCounter
from llem_schema import FlopsResult, ModelShape
from llem_testing.suites import FlopsSuite

from .verdict import failing_tests


class ForgetsThePrompt(PalmCounter):
    """Gives the figure per output token of the decode alone."""

    def count(self, shape: ModelShape, requests: Sequence[RequestTokens]) -> FlopsResult:
        counted = super().count(shape, requests)
        output_tokens = sum(request.output_tokens for request in requests)
        if not output_tokens:
            return counted
        share = counted.flops_decode / output_tokens
        return counted.model_copy(update={"flops_per_output_token": share})


def suite_of(counter: type[FlopsCounter]) -> type[FlopsSuite]:
    class Suite(FlopsSuite):
        def make_counter(self) -> FlopsCounter:
            return counter()

    return Suite


class TestFlopsSuite:
    def test_a_sound_counter_passes(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(PalmCounter), tmp_path) == set()

    def test_a_broken_counter_fails_the_test_meant_for_it_alone(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(ForgetsThePrompt), tmp_path) == {
            "test_an_output_token_carries_its_share_of_the_total"
        }
