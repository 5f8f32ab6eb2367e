"""Every flag of `llem run` arrives, by its long and its short name (CLI-04)."""

import re
from pathlib import Path
from typing import Any

import pytest
from llem_cli.app import app


def parsed(*arguments: str) -> dict[str, Any]:
    """What `run` would be called with."""
    _, bound, _ = app.parse_args(["run", *arguments], print_error=False, exit_on_error=False)
    return bound.arguments


class TestFlags:
    @pytest.mark.parametrize(
        ("names", "text", "parameter", "value"),
        [
            (("--model", "-m"), "gpt2", "model", "gpt2"),
            (("--backend", "-b"), "acme-echo", "backend", "acme-echo"),
            (("--dataset", "-d"), "p.jsonl", "dataset", "p.jsonl"),
            (("-n", "--n"), "16", "n", 16),
            (("--batch-size",), "8", "batch_size", 8),
            (("--precision",), "fp32", "precision", "fp32"),
            (("--output", "-o"), "out", "output", Path("out")),
            (("--set",), "a.b=1", "set_", ["a.b=1"]),
        ],
    )
    def test_with_a_value_has_it_under_all_its_names(
        self, names: tuple[str, ...], text: str, parameter: str, value: object
    ) -> None:
        for name in names:
            assert parsed(name, text) == {parameter: value}

    @pytest.mark.parametrize(
        ("names", "parameter"),
        [
            (("--dry-run",), "dry_run"),
            (("--quiet", "-q"), "quiet"),
            (("--verbose", "-v"), "verbose"),
            (("--json",), "json_"),
            (("--log-json",), "log_json"),
        ],
    )
    def test_without_a_value_is_switched_on(self, names: tuple[str, ...], parameter: str) -> None:
        for name in names:
            assert parsed(name) == {parameter: True}

    def test_set_may_be_repeated(self) -> None:
        assert parsed("--set", "a=1", "--set=b=2") == {"set_": ["a=1", "b=2"]}

    def test_the_file_stands_beside_them(self) -> None:
        assert parsed("e.yaml", "-n", "2") == {"config": Path("e.yaml"), "n": 2}


class TestExamples:
    def test_of_the_help_are_understood(self) -> None:
        _, *lines = str(app["run"].help_epilogue).splitlines()
        examples = [re.split(r"\s{2,}", line.strip())[0].split() for line in lines]
        assert len(examples) > 3
        for program, *arguments in examples:
            assert program == "llem"
            app.parse_args(arguments, print_error=False, exit_on_error=False)
