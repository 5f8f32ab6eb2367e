"""A release changes what it must, and nothing where something does not fit together."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import bump
import pytest
from workspace import ROOT, Package, Refused, packages, write

DAY = date(2026, 11, 25)

MANIFEST = """[project]
name = "{name}"
dynamic = ["version"]
dependencies = [{dependencies}]

[project.optional-dependencies]
more = [{extra}]

[tool.hatch.version]
path = "src/{module}/__init__.py"
"""


def add(
    root: Path,
    name: str,
    version: str = "0.3.1",
    unreleased: str = "",
    releases: Sequence[str] = ("0.3.1 (2026-01-02)", "0.3.0 (2026-01-01)"),
    needs: Sequence[str] = (),
    extra: Sequence[str] = (),
) -> None:
    """Add a package to a workspace."""
    folder, module = root / "packages" / name, name.replace("-", "_")
    sections = [f"## {title}\n\nSomething.\n" for title in releases]
    if unreleased:
        sections.insert(0, f"## Unreleased\n\n{unreleased}\n")
    manifest = MANIFEST.format(
        name=name,
        module=module,
        dependencies=", ".join(f'"{need}"' for need in needs),
        extra=", ".join(f'"{need}"' for need in extra),
    )
    write(
        {
            folder / "pyproject.toml": manifest,
            folder / "CHANGELOG.md": "\n".join([f"# Changelog of {name}\n", *sections]),
            folder
            / "src"
            / module
            / "__init__.py": f'"""{name}."""\n\n__version__ = "{version}"\n',
        }
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace: two packages that need `llem-base`, of which one has something unreleased."""
    add(tmp_path, "llem-base", unreleased="- A door.")
    add(tmp_path, "llem-top", needs=["llem-base>=0.3", "base>=0.3", "llem-base-camp>=0.1"])
    add(tmp_path, "llem-more", unreleased="- A roof.", extra=["llem-base[x]>=0.3.1"])
    return tmp_path


def plan(root: Path, name: str, step: str) -> tuple[str, Mapping[str, str]]:
    """The new version, and the changed texts by path as seen from packages/."""
    version, changes = bump.plan(packages(root), name, step, DAY)
    return version, {str(path.relative_to(root / "packages")): t for path, t in changes.items()}


def refusal(root: Path, name: str = "llem-base", step: str = "minor") -> str:
    with pytest.raises(Refused) as caught:
        plan(root, name, step)
    return str(caught.value)


def edit(root: Path, path: str, old: str, new: str) -> None:
    file = root / "packages" / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


class TestVersion:
    @pytest.mark.parametrize(
        ("step", "version"),
        [("patch", "0.3.2"), ("minor", "0.4.0"), ("major", "1.0.0"), ("0.10.5", "0.10.5")],
    )
    def test_becomes(self, root: Path, step: str, version: str) -> None:
        told, changes = plan(root, "llem-base", step)
        assert told == version
        assert f'__version__ = "{version}"\n' in changes["llem-base/src/llem_base/__init__.py"]

    @pytest.mark.parametrize("step", ["0.3.1", "0.3.0", "0.2.9"])
    def test_goes_up(self, root: Path, step: str) -> None:
        assert refusal(root, step=step) == f"{step} is not above 0.3.1."

    @pytest.mark.parametrize("step", ["0.4", "0.04.0", "0.4.0rc1", "mini"])
    def test_has_three_numbers(self, root: Path, step: str) -> None:
        assert step in refusal(root, step=step)

    def test_that_was_never_released_may_stay_as_it_is(self, root: Path) -> None:
        add(root, "llem-new", version="0.1.0", unreleased="First version.", releases=())
        version, changes = plan(root, "llem-new", "0.1.0")
        assert version == "0.1.0"
        assert list(changes) == ["llem-new/CHANGELOG.md"]


class TestChangelog:
    def test_gets_the_version_and_the_day_over_what_was_unreleased(self, root: Path) -> None:
        _, changes = plan(root, "llem-base", "minor")
        assert changes["llem-base/CHANGELOG.md"].startswith(
            "# Changelog of llem-base\n\n## 0.4.0 (2026-11-25)\n\n- A door.\n\n## 0.3.1 (2026"
        )

    def test_without_anything_unreleased_is_refused(self, root: Path) -> None:
        assert refusal(root, "llem-top") == (
            "llem-top has nothing to release: its CHANGELOG.md says nothing under 'Unreleased'."
        )

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("## 0.3.1 (2026-01-02)", "## 0.3.2 (2026-01-02)", "newest release is 0.3.2"),
            ("## 0.3.0 (2026-01-01)", "## 0.3.9 (2026-01-01)", "not in order"),
            ("## 0.3.0 (2026-01-01)", "## 0.3.0", "'0.3.0' is neither"),
            ("## 0.3.0 (2026-01-01)", "## Unreleased", "not its first section"),
        ],
    )
    def test_that_does_not_fit_is_refused(self, root: Path, old: str, new: str, fault: str) -> None:
        edit(root, "llem-more/CHANGELOG.md", old, new)
        assert fault in refusal(root)

    def test_without_a_section_is_refused(self, root: Path) -> None:
        add(root, "llem-void", releases=())
        assert refusal(root) == "llem-void does not fit together: CHANGELOG.md: it has no section."


class TestBounds:
    def test_of_those_that_need_it_follow_a_minor_release(self, root: Path) -> None:
        _, changes = plan(root, "llem-base", "minor")
        assert (
            '["llem-base>=0.4", "base>=0.3", "llem-base-camp>=0.1"]'
            in (changes["llem-top/pyproject.toml"])
        )
        assert '["llem-base[x]>=0.4"]' in changes["llem-more/pyproject.toml"]

    def test_name_the_patch_where_the_first_of_a_minor_has_one(self, root: Path) -> None:
        _, changes = plan(root, "llem-base", "0.4.2")
        assert '"llem-base>=0.4.2"' in changes["llem-top/pyproject.toml"]

    def test_stay_for_a_patch(self, root: Path) -> None:
        _, changes = plan(root, "llem-base", "patch")
        assert set(changes) == {"llem-base/CHANGELOG.md", "llem-base/src/llem_base/__init__.py"}

    @pytest.mark.parametrize("bound", ["llem-base", "llem-base<2", "llem-base==0.3", "llem-base>1"])
    def test_of_another_form_are_refused(self, root: Path, bound: str) -> None:
        edit(root, "llem-top/pyproject.toml", "llem-base>=0.3", bound)
        assert f"'{bound}' is no lower bound" in refusal(root)

    def test_above_what_is_there_are_refused(self, root: Path) -> None:
        edit(root, "llem-top/pyproject.toml", "llem-base>=0.3", "llem-base>=0.4")
        assert "'llem-base>=0.4' asks for more than llem-base 0.3.1" in refusal(root)


class TestRefusal:
    def test_of_a_package_before_one_that_it_needs(self, root: Path) -> None:
        assert refusal(root, "llem-more") == (
            "llem-more needs llem-base, which is unreleased: bump that first."
        )

    def test_of_a_name_that_is_none_names_the_nearest(self, root: Path) -> None:
        assert refusal(root, "llem-bsae") == (
            "There is no package 'llem-bsae': did you mean llem-base."
        )

    @pytest.mark.parametrize(
        ("path", "old", "new", "fault"),
        [
            ("llem-top/src/llem_top/__init__.py", "0.3.1", "0.3", "X.Y.Z"),
            ("llem-top/src/llem_top/__init__.py", "__version__", "version", "X.Y.Z"),
            ("llem-top/pyproject.toml", 'dynamic = ["version"]', 'version = "0.3.1"', "its own"),
            ("llem-top/pyproject.toml", "llem_top/__init__", "llem_top/about", "`__init__.py`"),
        ],
    )
    def test_of_a_version_that_is_declared_otherwise(
        self, root: Path, path: str, old: str, new: str, fault: str
    ) -> None:
        edit(root, path, old, new)
        assert fault in refusal(root)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A repository with what a release of llem-schema looks at, everything committed."""
    for package in packages():
        for file in (package.manifest, package.changelog, package.init):
            target = tmp_path / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__*"))
    changelog = tmp_path / "packages" / "llem-schema" / "CHANGELOG.md"
    if "## Unreleased" not in changelog.read_text():
        head, rest = changelog.read_text().split("\n## ", 1)
        changelog.write_text(f"{head}\n## Unreleased\n\n- A door.\n\n## {rest}")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "all")
    return tmp_path


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
    ).stdout


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "tools" / "bump.py", *arguments],
        cwd=root.parent,
        capture_output=True,
        text=True,
        check=False,
    )


class TestScript:
    def test_leaves_a_workspace_that_fits_together(self, copy: Path) -> None:
        done = run(copy, "llem-schema", "minor")
        assert done.returncode == 0, done.stderr
        changed = set(git(copy, "diff", "--name-only").split())
        assert {
            "packages/llem-schema/CHANGELOG.md",
            "packages/llem-schema/src/llem_schema/__init__.py",
            "packages/llem-contracts/pyproject.toml",
            "packages/llem-store/pyproject.toml",
            "apps/llem-cli/pyproject.toml",
        } <= changed
        members = packages(copy)
        assert [fault for member in members for fault in bump.faults(member, members)] == []

    def test_shows_with_dry_run_what_it_would_change(self, copy: Path) -> None:
        done = run(copy, "llem-schema", "minor", "--dry-run")
        assert (done.returncode, git(copy, "status", "--porcelain")) == (0, "")
        assert run(copy, "llem-schema", "minor").returncode == 0
        real = git(copy, "diff", "-U0")
        assert lines_of(done.stdout) == lines_of(real)

    def test_refuses_where_something_is_not_committed(self, copy: Path) -> None:
        (copy / "draft.txt").write_text("a thought")
        done = run(copy, "llem-schema", "minor")
        assert done.returncode == 1
        assert done.stderr == ("There are changes that are not committed, such as in draft.txt.\n")
        assert git(copy, "diff", "--name-only") == ""

    def test_refuses_where_git_cannot_tell(self, copy: Path) -> None:
        shutil.rmtree(copy / ".git")
        done = run(copy, "llem-schema", "minor")
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "git cannot tell" in done.stderr


def lines_of(diff: str) -> list[str]:
    """The lines that a diff adds and takes away, in any order of the files."""
    return sorted(re.findall(r"^[+-](?![+-]{2} ).*", diff, re.MULTILINE))


class TestThisWorkspace:
    @pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
    def test_fits_together(self, package: Package) -> None:
        assert list(bump.faults(package, packages())) == []
