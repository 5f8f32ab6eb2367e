"""Nobody reads stdout: that is no error, and what is measured is saved."""

import sys

import pytest
from llem_store import load_result
from llem_testing.process import Command

from .echo import ECHO

GONE = """
reading, writing = os.pipe()
os.close(reading)
os.dup2(writing, 1)
"""
"""Stdout is a pipe whose reader went away, as `head` does."""
CLOSED = "os.close(1)"
DRY_RUN = (*ECHO, "--dry-run")


def without_stdout(llem: Command, how: str) -> Command:
    """The command, for which `how` is done to stdout before it starts."""
    script = f"import os, sys\n{how}\nos.execv(sys.argv[1], sys.argv[1:])"
    return Command(llem.folder, llem.environ, (sys.executable, "-c", script, *llem.program))


@pytest.mark.parametrize("how", [GONE, CLOSED], ids=["gone", "closed"])
class TestStdoutThatNobodyReads:
    @pytest.mark.parametrize(
        "arguments",
        [("config",), ("config", "--json"), ("config", "--check", "--json"), DRY_RUN, ("--help",)],
        ids=" ".join,
    )
    def test_is_no_error(self, llem: Command, how: str, arguments: tuple[str, ...]) -> None:
        done = without_stdout(llem, how)(*arguments)
        assert done.code == 0, done.stderr
        assert "rror" not in done.stderr

    @pytest.mark.parametrize("form", [(), ("--json",)], ids=["summary", "json"])
    def test_does_not_lose_a_result(self, llem: Command, how: str, form: tuple[str, ...]) -> None:
        done = without_stdout(llem, how)(*ECHO, *form)
        assert done.code == 0, done.stderr
        assert "rror" not in done.stderr
        (folder,) = llem.run_folders()
        assert load_result(folder).result.requests > 0
        for arguments in (("show", str(folder)), ("show", "--csv")):
            done = without_stdout(llem, how)(*arguments)
            assert (done.code, done.stderr) == (0, "")

    def test_does_not_change_the_exit_code_of_a_refusal(self, llem: Command, how: str) -> None:
        done = without_stdout(llem, how)(*DRY_RUN, "-d", "none.jsonl")
        assert done.code == 1
        assert "rror" not in done.stderr
