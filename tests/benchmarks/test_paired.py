"""The order statistics that bound a median, against tables of the binomial distribution."""

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "paired.py"
SPEC = importlib.util.spec_from_file_location("paired", FILE)
assert SPEC is not None
assert SPEC.loader is not None
paired = importlib.util.module_from_spec(SPEC)
sys.modules["paired"] = paired
SPEC.loader.exec_module(paired)


class TestBounds:
    # P(at most 10 of 30 coins show heads) = 0.0494, P(at most 11) = 0.1002
    # P(at most 9 of 30) = 0.0214, P(at most 10) = 0.0494
    @pytest.mark.parametrize(("n", "rank"), [(5, 1), (7, 1), (8, 2), (30, 11)])
    def test_the_lower_one_is_the_value_of_the_tabulated_rank(self, n: int, rank: int) -> None:
        assert paired.lower_bound(list(range(n, 0, -1))) == rank

    @pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (30, 10, 21)])
    def test_the_interval_lies_between_the_tabulated_ranks(
        self, n: int, low: int, high: int
    ) -> None:
        assert paired.interval(list(range(1, n + 1))) == (low, high)


class TestRounds:
    def test_each_contender_takes_part_in_each_round(self) -> None:
        calls: list[str] = []
        rounds = paired.alternate(
            {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 0.0, least=3
        )
        assert calls[:2] == ["a", "b"]
        pairs = [set(calls[i : i + 2]) for i in range(2, 8, 2)]
        assert pairs == [{"a", "b"}] * 3
        assert [len(seconds) for seconds in rounds.seconds.values()] == [3, 3]

    def test_a_ratio_is_the_speed_as_a_share_of_the_other(self) -> None:
        rounds = paired.Rounds({"plain": [1.0, 2.0], "llem": [2.0, 1.0]})
        assert rounds.ratios("llem", "plain") == [0.5, 2.0]
