"""What the working folder is a checkout of: the code and configs that made a result."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from llem_schema import NotMeasured, RepositoryState

from llem_harness.environment.git_command import Git
from llem_harness.environment.text import readable, without_credentials

_PATH = "environment_snapshot.repository"
_STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules")
_REMOTES = ("config", "--null", "--get-regexp", r"^remote\..*\.url$")


class _NoAnswerError(Exception):
    """Carries why git tells nothing."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.why = NotMeasured(code=code, reason=reason)


def find_repository(
    folder: Path, git: Git
) -> tuple[RepositoryState | None, dict[str, NotMeasured]]:
    """Commit, branch and remote; None with a reason where there is no repository or no git."""
    try:
        answer = _ask(git, _STATUS, folder)
        if answer.returncode:
            raise _refusal(answer.stderr)
        remotes = _ask(git, _REMOTES, folder).stdout
    except _NoAnswerError as error:
        return None, {_PATH: error.why}
    lines = answer.stdout.splitlines()
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# "))
    commit, branch = heads.get("branch.oid"), heads.get("branch.head")
    gaps = {}
    if commit in (None, "(initial)"):
        commit = None
        gaps[f"{_PATH}.commit"] = _not_there("the repository has no commit yet")
    if branch in (None, "(detached)"):
        branch = None
        gaps[f"{_PATH}.branch"] = _not_there("no branch is checked out")
    remote = _remote(remotes)
    shown = None if remote is None else without_credentials(readable(remote))
    if shown is None:
        gaps[f"{_PATH}.remote"] = _not_there(
            "the repository has no remote"
            if remote is None
            else "its remote is given in a form that might hold a password"
        )
    state = RepositoryState(
        commit=commit,
        branch=branch,
        modified=any(not line.startswith("#") for line in lines),
        remote=shown,
    )
    return state, gaps


def _ask(git: Git, arguments: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    try:
        return git(arguments, folder)
    except subprocess.TimeoutExpired as error:
        reason = f"git did not answer within {error.timeout:g} s"
        raise _NoAnswerError("not_available", reason) from error
    except OSError as error:
        raise _NoAnswerError("not_found", f"git cannot be started: {error.strerror}") from error


def _refusal(said: str) -> _NoAnswerError:
    if "not a git repository" in said:
        return _NoAnswerError("not_applicable", "the working folder lies in no repository")
    first = (said.strip().splitlines() or ["it says nothing"])[0]
    return _NoAnswerError("not_available", f"git refuses: {first}")


def _remote(answer: str) -> str | None:
    """The address of `origin`, else of the first remote; as configured, before any rewriting."""
    pairs = [entry.partition("\n") for entry in answer.split("\0") if entry]
    remotes = {key: address for key, _, address in pairs}
    return remotes.get("remote.origin.url", next(iter(remotes.values()), None))


def _not_there(reason: str) -> NotMeasured:
    return NotMeasured(code="not_applicable", reason=reason)
