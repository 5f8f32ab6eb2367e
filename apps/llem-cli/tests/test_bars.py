"""The text of the live line: what it counts, and that it fits."""

import pytest
from llem_cli.bars import Activity, live_text


def text(activity: Activity, elapsed_s: float = 10.0, columns: int = 77) -> str:
    return live_text(activity, elapsed_s, columns, blocks=False)


MEASURE = Activity("measure", 180.0, "requests", completed=60.0)


class TestBar:
    def test_it_counts_and_says_how_long_it_will_take(self) -> None:
        assert text(MEASURE) == "measure: ########                 60/180 requests [00:10<00:20]"

    def test_before_the_first_is_done_nobody_knows_how_long(self) -> None:
        begun = Activity("warm-up", 5.0, "runs")
        assert text(begun) == f"warm-up: {'':24} 0/5 runs [00:10<?]"

    def test_a_terminal_with_unicode_gets_blocks(self) -> None:
        assert "████████ " in live_text(MEASURE, 10.0, 77, blocks=True)

    @pytest.mark.parametrize(
        ("columns", "shown"),
        [
            (37, "measure: ##     60/180 [00:10<00:20]"),
            (30, "measure: 60/180 [00:10<00:20]"),
            (20, "measure: 60/180"),
            (10, "measure: 6"),
        ],
    )
    def test_a_narrow_terminal_gets_what_matters_most(self, columns: int, shown: str) -> None:
        assert text(MEASURE, columns=columns) == shown


class TestCountdown:
    @pytest.mark.parametrize(
        ("completed", "left"), [(0.0, "30 s left"), (12.2, "18 s left"), (29.5, "1 s left")]
    )
    def test_it_says_how_many_seconds_are_left(self, completed: float, left: str) -> None:
        assert text(Activity("baseline", 30.0, "s", completed)).endswith(f" {left}")

    @pytest.mark.parametrize(
        ("columns", "shown"), [(30, "baseline: 30 s left"), (17, "baseline: 30 s")]
    )
    def test_a_narrow_terminal_gets_no_bar(self, columns: int, shown: str) -> None:
        assert text(Activity("baseline", 30.0, "s"), columns=columns) == shown


class TestSpinner:
    def test_it_turns_and_counts_the_seconds(self) -> None:
        load = Activity("load", None, "")
        assert [text(load, second) for second in (0.0, 0.25, 0.5, 0.75, 1.0)] == [
            "load: | 0 s",
            "load: / 0 s",
            "load: - 0 s",
            "load: \\ 1 s",
            "load: | 1 s",
        ]
