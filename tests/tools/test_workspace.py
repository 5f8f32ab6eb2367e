"""What the tools know of the workspace, and what is told of the tools."""

import re
from pathlib import Path

import pytest
import workspace
from workspace import ROOT


class TestPackages:
    def test_are_the_folders_with_a_manifest(self, tmp_path: Path) -> None:
        for folder in ("packages/llem-b", "packages/llem-a", "apps/llem-c", "other/llem-d"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "pyproject.toml").touch()
        (tmp_path / "packages" / "empty").mkdir()
        names = [package.name for package in workspace.packages(tmp_path)]
        assert sorted(names) == ["llem-a", "llem-b", "llem-c"]


class TestVersion:
    def test_is_three_numbers(self) -> None:
        assert workspace.version_of("0.10.2") == (0, 10, 2)

    @pytest.mark.parametrize(
        "text", ["1.2", "1.2.3.4", "1.2.3rc1", "01.2.3", "", "1.2.-3", " 1.2.3"]
    )
    def test_is_nothing_else(self, text: str) -> None:
        assert workspace.version_of(text) is None


class TestDistribution:
    @pytest.mark.parametrize(
        "requirement",
        ["nvidia-ml-py", "nvidia_ml.py>=12", "Nvidia-ML-Py[x]>=1", "nvidia-ml-py ; extra == 'a'"],
    )
    def test_is_the_normalised_name(self, requirement: str) -> None:
        assert workspace.distribution_of(requirement) == "nvidia-ml-py"

    def test_has_a_name(self) -> None:
        with pytest.raises(ValueError, match="names no distribution"):
            workspace.distribution_of(">=1")


class TestChanges:
    def test_are_shown_as_a_diff_and_made(self, tmp_path: Path) -> None:
        (tmp_path / "old.txt").write_text("a\nb\n")
        changes = {tmp_path / "old.txt": "a\nc\n", tmp_path / "new" / "file.txt": "d\n"}
        diff = workspace.difference(tmp_path, changes)
        assert re.findall(r"(?m)^[+-].*$", diff) == [
            *("--- a/old.txt", "+++ b/old.txt", "-b", "+c"),
            *("--- a/new/file.txt", "+++ b/new/file.txt", "+d"),
        ]
        assert not (tmp_path / "new").exists()
        workspace.write(changes)
        assert {path: path.read_text() for path in changes} == changes


class TestReadme:
    def test_names_every_tool_and_no_other(self) -> None:
        named = set(re.findall(r"`(\w+\.py)\b", (ROOT / "tools" / "README.md").read_text()))
        assert named == {path.name for path in (ROOT / "tools").glob("*.py")}
