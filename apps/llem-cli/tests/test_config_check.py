"""`llem config --check`: what is in the way, what there is to know, and the next step (CLI-06)."""

import json
from pathlib import Path

import llem
import pytest
from llem_cli.config import config
from llem_cli.config_check import check_lines

SLOW = llem.Problem(code="slow", message="this is slow", cure="Wait.", blocking=False)
FULL = llem.Problem(code="full", message="the disk is full", cure="Free it.")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLEM_CONFIG", "none")
    monkeypatch.setenv("LLEM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


class TestLines:
    def test_what_blocks_stands_first_and_the_next_step_last(self) -> None:
        report = llem.PreFlightReport("this machine", (FULL, SLOW))
        assert list(check_lines(report, "e.yaml")) == [
            "Pre-flight of this machine",
            "In the way",
            "  - the disk is full",
            "    Free it.",
            "To know",
            "  - this is slow",
            "    Wait.",
            "Next: put right what is in the way, and check again.",
        ]

    def test_the_next_step_of_what_can_run_is_to_run_it(self) -> None:
        lines = list(check_lines(llem.PreFlightReport("this machine", (SLOW,)), "e.yaml"))
        assert lines[-2:] == ["Nothing is in the way.", "Next: llem run e.yaml"]


class TestCommand:
    def test_without_arguments_checks_this_machine(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert config(check=True) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "Pre-flight of this machine"
        assert lines[-1] == "Next: llem run --model builtin:tiny -n 16"

    def test_with_a_model_and_fields_checks_that_experiment(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fields = ["backend=acme-echo", "precision=fp32"]
        assert config(model="acme:echo", set_=fields, check=True) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "Pre-flight of acme:echo on acme-echo, fp32"
        options = "--model acme:echo --set backend=acme-echo --set precision=fp32"
        assert lines[-1] == f"Next: llem run {options}"

    def test_the_next_step_of_a_file_has_the_fields_that_were_changed(
        self, alone: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (alone / "e.yaml").write_text("model: acme:echo\nbackend: acme-echo\nprecision: fp32\n")
        assert config(Path("e.yaml"), set_=["n=3", "dataset={source: builtin}"], check=True) == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last == "Next: llem run e.yaml --set n=3 --set 'dataset={source: builtin}'"

    @pytest.mark.parametrize(
        ("field", "words"),
        [
            ("backend=pytroch", "there is no backend 'pytroch'"),
            ("precision=fp61", "precision: input should be"),
            ("energy.meter=nvlm", "there is no meter 'nvlm'"),
            ("nn=3", "nn: there is no such key"),
        ],
    )
    def test_a_configuration_that_is_not_valid_is_json_too(
        self, field: str, words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert config(model="m", set_=[field], check=True, json_=True) == 2
        document = json.loads(capsys.readouterr().out)
        (problem,) = document["problems"]
        assert (document["blocked"], problem["code"]) == (True, "invalid_config")
        assert words in problem["message"]
        assert problem["cure"]

    def test_exits_1_where_something_is_in_the_way_in_json_too(
        self, alone: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (alone / "results").write_text("")
        assert config(check=True, json_=True) == 1
        document = json.loads(capsys.readouterr().out)
        assert (document["subject"], document["blocked"]) == ("this machine", True)
        assert document["problems"][0]["code"] == "results_dir_not_a_folder"
        assert all(problem["cure"] for problem in document["problems"])

    def test_without_check_a_model_is_among_the_values(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert config(model="m", json_=True) == 0
        values = json.loads(capsys.readouterr().out)["origins"]["config"]
        assert {"key": "model", "value": "m", "origin": "flag"} in values
