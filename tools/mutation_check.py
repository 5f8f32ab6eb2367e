"""Does a requirement's proof notice when its code is gone?

    python tools/mutation_check.py CM-15 deletion.patch

Takes the last commit into a folder of its own, applies the patch there, and runs the tests that
`tests/requirements.toml` names for the number, against the packages of that folder. Prints the
tests that failed. Exit codes: 0 where one did, 1 where none noticed, 2 where it could not be tried.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workspace import ROOT, packages

FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
TESTS_FAILED = 1
"""Exit code of pytest; the higher ones say that it could not run them."""


class NotTried(Exception):
    """The deletion could not be put to the test."""


@contextmanager
def last_commit() -> Iterator[Path]:
    """The last commit in a working tree that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="llem-mutation-") as place:
        tree = Path(place) / "tree"
        _git("worktree", "add", "--detach", str(tree), "HEAD")
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def noticed_by(number: str, patch: Path) -> list[str]:
    """The tests of a number that fail under a patch."""
    with last_commit() as tree:
        tests = tomllib.loads((tree / "tests" / "requirements.toml").read_text())[number]["tests"]
        _git("apply", str(patch.resolve()), within=tree)
        changed = _git("diff", "--name-only", within=tree).split()
        environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, _sources(tree)))}
        _make_sure_of(tree, changed, environ)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", *tests],
            cwd=tree,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode > TESTS_FAILED:
            raise NotTried(done.stdout + done.stderr)
        return FAILED.findall(done.stdout)


def _sources(tree: Path) -> list[Path]:
    """The folders that packages are imported from."""
    ours = [package.source.parent for package in packages(tree)]
    return [*ours, *tree.glob("tests/plugins/*/src")]


def _make_sure_of(tree: Path, changed: list[str], environ: dict[str, str]) -> None:
    """The packages that are changed are imported from the tree, and not as they are installed."""
    names = {path.split("/src/")[1].split("/")[0] for path in changed if "/src/" in path}
    if not names:
        raise NotTried("the patch changes no package")
    for name in names:
        code = f"import {name}; print({name}.__file__)"
        done = subprocess.run(
            [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and not Path(done.stdout.strip()).is_relative_to(tree):
            raise NotTried(f"{name} is imported from {done.stdout.strip()}")


def _git(*arguments: str, within: Path = ROOT) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=within, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NotTried(done.stderr.strip())
    return done.stdout


def main() -> int:
    """Run from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(description="Whether a requirement's tests notice a deletion.")
    parser.add_argument("number")
    parser.add_argument("patch", type=Path)
    chosen = parser.parse_args()
    try:
        failed = noticed_by(chosen.number, chosen.patch)
    except (NotTried, KeyError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(failed) or f"no test of {chosen.number} noticed")
    return 0 if failed else 1


if __name__ == "__main__":
    sys.exit(main())
