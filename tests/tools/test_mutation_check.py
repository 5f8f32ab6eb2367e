"""A deletion is put to the test, and what nobody notices is said so."""

import difflib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULE = "packages/llem-study/src/llem_study/user_config.py"

pytestmark = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the repository")


def patch(folder: Path, old: str, new: str) -> Path:
    """A patch of the last commit's reader of the user config."""
    before = subprocess.run(
        ["git", "show", f"HEAD:{MODULE}"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert old in before
    lines = [text.splitlines(keepends=True) for text in (before, before.replace(old, new))]
    file = folder / "change.patch"
    file.write_text("".join(difflib.unified_diff(*lines, f"a/{MODULE}", f"b/{MODULE}")))
    return file


def checked(number: str, change: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "mutation_check.py", number, change],
        env=os.environ | {"TMPDIR": str(change.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


class TestMutationCheck:
    def test_names_the_tests_that_notice(self, tmp_path: Path) -> None:
        code, told = checked("CFG-22", patch(tmp_path, "file=str(path)", "file=None"))
        assert code == 0, told
        assert "test_a_broken_one_names_file_and_field" in told

    def test_says_that_nobody_noticed_and_leaves_no_working_tree(self, tmp_path: Path) -> None:
        code, told = checked("CFG-22", patch(tmp_path, "to do without", "to go without"))
        assert (code, told) == (1, "no test of CFG-22 noticed\n")
        trees = subprocess.run(
            ["git", "worktree", "list"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert str(tmp_path) not in trees
        assert [*tmp_path.glob("llem-mutation-*")] == []

    def test_a_patch_that_does_not_fit_is_told(self, tmp_path: Path) -> None:
        change = patch(tmp_path, "to do without", "to go without")
        change.write_text(change.read_text().replace("to do without", "to be without"))
        code, told = checked("CFG-22", change)
        assert code == 2
        assert "patch" in told
