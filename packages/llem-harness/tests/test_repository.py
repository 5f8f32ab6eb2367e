"""The state of the working folder's repository, told by git."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llem_harness.environment.git_command import run_git
from llem_harness.environment.repository import find_repository

PATH = "environment_snapshot.repository"
COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


class ToldGit:
    """Answers `status` and `config` with these texts."""

    def __init__(self, status: str = "", remotes: str = "", code: int = 0, said: str = "") -> None:
        self.status, self.remotes, self.code, self.said = status, remotes, code, said

    def __call__(self, arguments: Sequence[str], folder: Path) -> Any:
        if arguments[0] == "status":
            return subprocess.CompletedProcess([], self.code, self.status, self.said)
        return subprocess.CompletedProcess([], 0 if self.remotes else 1, self.remotes, "")


def status(oid: str = COMMIT, head: str = "main", *changes: str) -> str:
    return "\n".join([f"# branch.oid {oid}", f"# branch.head {head}", *changes]) + "\n"


class TestRepository:
    def test_has_commit_branch_and_remote(self) -> None:
        remotes = "remote.other.url\nb\0remote.origin.url\nhttps://me:pw@example.org/study\0"
        state, missing = find_repository(Path(), ToldGit(status(), remotes))
        assert state is not None
        assert (state.commit, state.branch, state.modified) == (COMMIT, "main", False)
        assert state.remote == "https://example.org/study"
        assert missing == {}

    def test_with_a_change_is_modified(self) -> None:
        changed = status(COMMIT, "main", "1 .M N... 100644 100644 100644 a b file.py")
        state, _ = find_repository(Path(), ToldGit(changed))
        assert state is not None
        assert state.modified

    def test_without_branch_commit_or_remote_says_why(self) -> None:
        state, missing = find_repository(Path(), ToldGit(status("(initial)", "(detached)")))
        assert state is not None
        assert (state.commit, state.branch, state.remote) == (None, None, None)
        assert {path: why.reason for path, why in missing.items()} == {
            f"{PATH}.commit": "the repository has no commit yet",
            f"{PATH}.branch": "no branch is checked out",
            f"{PATH}.remote": "the repository has no remote",
        }

    def test_with_a_remote_that_might_hold_a_password_does_not_show_it(self) -> None:
        git = ToldGit(status(), "remote.origin.url\next::sh -c secret@x\0")
        state, missing = find_repository(Path(), git)
        assert state is not None
        assert state.remote is None
        assert "password" in missing[f"{PATH}.remote"].reason


class TestNoRepository:
    def test_is_none_outside_of_one(self) -> None:
        git = ToldGit(code=128, said="fatal: not a git repository (or any of the parents): .git\n")
        state, missing = find_repository(Path(), git)
        assert state is None
        assert missing[PATH].code == "not_applicable"

    def test_that_git_refuses_has_its_words(self) -> None:
        git = ToldGit(code=128, said="fatal: detected dubious ownership in repository at '/x'\n")
        _, missing = find_repository(Path(), git)
        assert "dubious ownership" in missing[PATH].reason

    def test_without_git_says_so(self) -> None:
        def none(arguments: Sequence[str], folder: Path) -> Any:
            raise FileNotFoundError(2, "No such file or directory", "git")

        _, missing = find_repository(Path(), none)
        assert missing[PATH].code == "not_found"

    def test_that_does_not_answer_in_time_says_so(self) -> None:
        def slow(arguments: Sequence[str], folder: Path) -> Any:
            raise subprocess.TimeoutExpired("git", 5.0)

        _, missing = find_repository(Path(), slow)
        assert missing[PATH].reason == "git did not answer within 5 s"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
class TestGit:
    def repository(self, folder: Path) -> Path:
        for arguments in (
            ["init", "--quiet", "--initial-branch=trunk"],
            ["remote", "add", "origin", "https://me:pw@example.org/study"],
            ["config", "core.fsmonitor", f"touch {folder / 'ran'}; false"],
        ):
            subprocess.run(["git", *arguments], cwd=folder, check=True)
        (folder / "file").write_text("one\n")
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        harmless = ["-c", "core.fsmonitor=false"]
        for arguments in (["add", "file"], [*identity, "commit", "--quiet", "-m", "first"]):
            subprocess.run(["git", *harmless, *arguments], cwd=folder, check=True)
        return folder

    def test_is_asked_about_a_real_repository_and_starts_nothing_of_it(
        self, tmp_path: Path
    ) -> None:
        folder = self.repository(tmp_path)
        clean, missing = find_repository(folder, run_git)
        (folder / "file").write_text("two\n")
        changed, _ = find_repository(folder, run_git)
        assert clean is not None
        assert changed is not None
        assert missing == {}
        assert (clean.branch, clean.modified, changed.modified) == ("trunk", False, True)
        assert clean.commit == changed.commit
        assert clean.remote == "https://example.org/study"
        assert not (folder / "ran").exists()

    def test_leaves_the_index_as_it_is(self, tmp_path: Path) -> None:
        folder = self.repository(tmp_path)
        os.utime(folder / "file", (1, 1))  # git would like to write down that nothing changed
        before = (folder / ".git" / "index").read_bytes()
        state, _ = find_repository(folder, run_git)
        assert state is not None
        assert not state.modified
        assert (folder / ".git" / "index").read_bytes() == before

    def test_outside_of_a_repository_is_told(self, tmp_path: Path) -> None:
        state, missing = find_repository(tmp_path, run_git)
        assert state is None
        assert missing[PATH].code == "not_applicable"

    def test_that_takes_too_long_is_ended_with_what_it_has_started(self, tmp_path: Path) -> None:
        """What git has started holds the pipes, so that this waits for it where it goes on."""
        stuck = ("sh", "-c", "sleep 600 & wait")
        with pytest.raises(subprocess.TimeoutExpired):
            run_git((), tmp_path, program=stuck, timeout_s=0.5)
