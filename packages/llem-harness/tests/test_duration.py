"""The least time of a run is the sum of what its config fixes (CLI-07)."""

from typing import Any

import pytest
from llem_harness import TimeEstimate
from llem_harness.preflight.duration import time_estimate
from llem_testing import example_config

PROTOCOL: dict[str, Any] = {
    "min_window_s": 10.0,
    "baseline": {"duration_seconds": 30.0},
    "warmup": {"n_warmup": 5, "thermal": "floor", "thermal_floor_seconds": 60.0},
}


def estimate(
    *, senses: bool = True, baseline_kept: bool = False, download: bool = False, **changes: Any
) -> TimeEstimate:
    config = example_config(**(PROTOCOL | changes))
    return time_estimate(config, senses=senses, baseline_kept=baseline_kept, download=download)


def parts(**options: Any) -> dict[str, float]:
    return {part.name: part.at_least_s for part in estimate(**options).parts}


class TestParts:
    def test_are_both_baselines_heat_and_both_windows(self) -> None:
        assert parts() == {
            "baseline": 30.0,
            "resident baseline": 5.0,
            "heat": 60.0,
            "window": 10.0,
            "window of prefill": 10.0,
        }
        assert estimate().at_least_s == 115.0

    def test_without_a_sensor_are_the_window_alone(self) -> None:
        assert parts(senses=False) == {"window": 10.0}

    def test_a_kept_baseline_takes_a_look(self) -> None:
        assert parts(baseline_kept=True)["baseline"] == 3.0
        short = {"duration_seconds": 1.0}
        assert parts(baseline_kept=True, baseline=short)["baseline"] == 1.0

    def test_a_plateau_takes_its_look_back(self) -> None:
        assert parts(warmup={"thermal": "plateau"})["heat"] == 10.0

    @pytest.mark.parametrize(
        ("changes", "gone"),
        [
            ({"baseline": {"enabled": False}}, {"baseline", "resident baseline"}),
            ({"warmup": {"thermal": "off"}}, {"heat"}),
            ({"energy": {"phases": False}}, {"window of prefill"}),
            ({"max_output_tokens": 1}, {"window of prefill"}),
            ({"cold_start": True}, {"heat", "window of prefill"}),
        ],
    )
    def test_what_a_config_leaves_out_takes_none(
        self, changes: dict[str, Any], gone: set[str]
    ) -> None:
        assert set(parts()) - set(parts(**changes)) == gone


class TestNotCounted:
    def test_is_what_depends_on_the_model(self) -> None:
        assert estimate().not_counted[:2] == ("loading", "warm-up")
        assert "warm-up" not in estimate(cold_start=True).not_counted

    def test_has_the_passes_around_a_steady_state(self) -> None:
        around = "a pass before the window and one after it"
        assert around in estimate(methodology="steady_state").not_counted
        assert around not in estimate().not_counted

    def test_has_a_download_and_a_pass_for_latencies_where_there_are_such(self) -> None:
        assert estimate(download=True).not_counted[0] == "the download"
        assert "a pass for latencies" in estimate(latency="separate").not_counted
        assert "a pass for latencies" not in estimate().not_counted
