"""Flags, user config and variables change what a run gives (`tests/architecture/effects.toml`).

The command line runs in this process: what it starts with is loaded once.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from llem_cli.app import app

from .echo import ECHO, METER, METERED

NOTHING_BUT_THE_WINDOW = (
    *("--set=min_window_s=0.0", "--set=warmup.n_warmup=0", "--set=warmup.thermal=off"),
    *("--set=max_output_tokens=2", "--set=max_input_tokens=8"),
)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, without user config, with the third party's meter."""
    monkeypatch.chdir(tmp_path)
    for name in ("LLEM_NVML_BINDING", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LLEM_CONFIG", "none")
    monkeypatch.setenv("LLEM_CACHE_DIR", str(tmp_path / "cache"))
    for name, value in METER.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def llem(*arguments: str) -> int:
    """Run a command line; gives the exit code."""
    code = app(
        list(arguments), print_error=False, exit_on_error=False, result_action="return_value"
    )
    assert isinstance(code, int)
    return code


def result_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a run gives with `--json`."""
    capsys.readouterr()
    assert llem(*arguments, "--json") == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


class TestRunFlags:
    def test_that_name_what_is_measured_are_in_the_result(
        self, alone: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (alone / "p.txt").write_text("one\ntwo\nthree\n")
        result = result_of(
            capsys,
            *("run", "--model", "acme:echo", "--backend", "acme-echo", "--dataset", "p.txt"),
            *("-n", "3", "--batch-size", "2", "--precision", "fp32", "--output", "out"),
            *("--set", "random_seed=7", *NOTHING_BUT_THE_WINDOW),
        )
        assert result["model"]["name"] == "acme:echo"
        assert result["backend"]["name"] == "acme-echo"
        assert result["prompts"]["provenance"]["name"] == "p.txt"
        assert result["requests"] == 3
        assert result["effective_config"]["batch_size"] == 2
        assert result["config"]["precision"] == "fp32"
        assert result["config"]["random_seed"] == 7
        assert Path(result["result_dir"]).parent == Path("out")

    def test_ask_for_synthetic_prompts_of_a_length(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        length = ("--dataset", "synthetic", "--set", "dataset.input_tokens=24")
        result = result_of(
            capsys,
            *(*ECHO, *length, "--set=min_window_s=0.0", "--set=warmup.n_warmup=0"),
            *("--set=warmup.thermal=off", "--set=max_output_tokens=2"),
        )
        assert result["config"]["dataset"]["input_tokens"] == 24
        lengths = result["prompts"]["input_tokens"]
        assert {lengths[name] for name in ("minimum", "p05", "p25", "p75", "maximum")} == {24}
        assert result["prompts"]["provenance"]["name"] == "synthetic"
        assert result["not_measured"]["prompts.provenance.available"]["code"] == "not_applicable"

    def test_log_json_makes_every_line_on_stderr_an_object(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert llem(*ECHO, *NOTHING_BUT_THE_WINDOW, "--log-json", "--verbose") == 0
        printed = capsys.readouterr()
        lines = [json.loads(line) for line in printed.err.splitlines()]
        assert {line["event"] for line in lines} >= {"order resolved", "run_started", "run_saved"}
        assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)
        assert "Throughput" in printed.out


class TestUserConfig:
    def test_switches_progress_off(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (alone / "user.yaml").write_text("ui: {progress: off}\n")
        monkeypatch.setenv("LLEM_CONFIG", "user.yaml")
        assert llem(*ECHO, *NOTHING_BUT_THE_WINDOW) == 0
        assert capsys.readouterr().err == ""

    def test_says_how_long_an_idle_power_serves(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def source() -> str:
            result = result_of(capsys, *ECHO, *METERED, *NOTHING_BUT_THE_WINDOW)
            told: str = result["energy_breakdown"]["baseline"]["source"]
            return told

        assert source() == "measured"
        assert list((alone / "cache" / "baselines").iterdir())
        assert source() == "cache"
        (alone / "user.yaml").write_text("advanced: {baseline_ttl_s: 0}\n")
        monkeypatch.setenv("LLEM_CONFIG", "user.yaml")
        assert source() == "measured"


class TestMeasure:
    def test_takes_the_meter_of_the_user_config_and_a_flag_beats_it(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def method(*flags: str) -> str:
            capfd.readouterr()
            # The first `--` is taken away where the installed command would double it.
            assert llem("measure", *flags, "--json", "--", "--", "true") == 0
            reading: dict[str, Any] = json.loads(capfd.readouterr().out)
            told: str = reading["method"]
            return told

        (alone / "user.yaml").write_text("measurement: {meter: acme-wattmeter}\n")
        monkeypatch.setenv("LLEM_CONFIG", "user.yaml")
        assert method() == "acme_display"
        assert method("--meter", "none") == "none"


class TestCarbon:
    def carbon(self, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        """The emissions of a metered run: 100 W for as long as its window is."""
        result = result_of(capsys, *ECHO, *METERED, *NOTHING_BUT_THE_WINDOW)
        record: dict[str, Any] = result["carbon"]
        assert record["energy_j"] == result["energy_total_j"]
        return record

    def test_the_user_config_gives_intensity_and_pue(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = "measurement: {carbon_intensity_g_per_kwh: 360.0, pue: 1.5}\n"
        (alone / "user.yaml").write_text(text)
        monkeypatch.setenv("LLEM_CONFIG", "user.yaml")
        record = self.carbon(capsys)
        assert record["emissions_g"] == pytest.approx(record["energy_j"] / 3.6e6 * 360 * 1.5)
        assert (record["intensity_source"], record["pue_source"]) == ("user config", "user config")

    def test_variables_beat_the_user_config(
        self, alone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = "measurement: {carbon_intensity_g_per_kwh: 360.0, pue: 1.5}\n"
        (alone / "user.yaml").write_text(text)
        monkeypatch.setenv("LLEM_CONFIG", "user.yaml")
        monkeypatch.setenv("LLEM_CARBON_INTENSITY", "36")
        monkeypatch.setenv("LLEM_DATACENTER_PUE", "1")
        record = self.carbon(capsys)
        assert record["emissions_g"] == pytest.approx(record["energy_j"] / 3.6e6 * 36)
        assert (record["intensity_source"], record["pue_source"]) == ("environment", "environment")
