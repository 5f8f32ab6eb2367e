"""The packages of the workspace, and the changes that a tool makes to its files."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

ROOMS_FOR_EVERYTHING = frozenset({"common", "core", "helpers", "misc", "util", "utils"})
"""What neither a package nor a module is called: it names no idea."""

PART = r"(?:0|[1-9]\d*)"
VERSION = re.compile(rf"(?P<major>{PART})\.(?P<minor>{PART})\.(?P<patch>{PART})")

Version = tuple[int, int, int]


class Refused(Exception):
    """One sentence on why a tool changes nothing."""


@dataclass(frozen=True)
class Package:
    """One distribution of the workspace."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def import_name(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.import_name

    @property
    def init(self) -> Path:
        """The file that declares the version."""
        return self.source / "__init__.py"

    @property
    def manifest(self) -> Path:
        return self.folder / "pyproject.toml"

    @property
    def changelog(self) -> Path:
        return self.folder / "CHANGELOG.md"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Its pyproject.toml."""
        return tomllib.loads(self.manifest.read_text(encoding="utf-8"))

    @property
    def project(self) -> dict[str, Any]:
        """The table `project` of its pyproject.toml."""
        project: dict[str, Any] = self.settings["project"]
        return project

    @property
    def requirements(self) -> Iterator[str]:
        """What it depends on, its extras included."""
        yield from self.project.get("dependencies", ())
        for extra in self.project.get("optional-dependencies", {}).values():
            yield from extra


def packages(root: Path = ROOT) -> list[Package]:
    """The packages of a workspace, each a folder under packages/ or apps/ with a pyproject.toml."""
    manifests = [
        m for folder in ("packages", "apps") for m in root.glob(f"{folder}/*/pyproject.toml")
    ]
    return [Package(manifest.parent) for manifest in sorted(manifests)]


def version_of(text: str) -> Version | None:
    """The numbers of `X.Y.Z`, or None for any other text."""
    match = VERSION.fullmatch(text)
    return (
        None if match is None else (int(match["major"]), int(match["minor"]), int(match["patch"]))
    )


def distribution_of(requirement: str) -> str:
    """The name at the beginning of a requirement, normalised: small letters, dashes alone.

    Raises `ValueError` where there is none.
    """
    match = re.match(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", requirement)
    if match is None:
        raise ValueError(f"{requirement!r} names no distribution")
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def difference(root: Path, changes: Mapping[Path, str]) -> str:
    """The changes to files, as a unified diff with paths as seen from the root."""
    lines: list[str] = []
    for path, new in changes.items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        name = str(path.relative_to(root))
        lines += difflib.unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
    return "".join(lines)


def write(changes: Mapping[Path, str]) -> None:
    """Make the changes; folders are made where they are missing."""
    for path, text in changes.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
