"""Release a package: raise its version, date its changelog, and let those who need it follow.

    python tools/bump.py llem-energy minor        or major, patch, 0.3.0
    python tools/bump.py llem-energy minor --dry-run

Packages have versions of their own. A release that is more than a patch may bring names that the
others here use already, for they are developed and tested together; so their lower bounds are
raised to it. For the same reason a package is released after those of its dependencies that have
changed. The bounds of others take effect with their own next release.
"""

import argparse
import difflib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from changelog import UNRELEASED, Changelog
from workspace import (
    ROOT,
    Package,
    Refused,
    Version,
    difference,
    distribution_of,
    packages,
    version_of,
    write,
)

PARTS = ("major", "minor", "patch")

_DECLARED = re.compile(r'^__version__ = "(?P<version>.*)"$', re.MULTILINE)
_BOUND = re.compile(r"(?P<name>[a-z0-9-]+)(?:\[[a-z0-9,-]+\])?>=(?P<version>\d+\.\d+(?:\.\d+)?)")


def plan(
    members: Sequence[Package], name: str, step: str, today: date
) -> tuple[str, dict[Path, str]]:
    """The new version of a package and the new texts of the files that change.

    `step` is a part of the version, or the new version itself. Raises `Refused`.
    """
    package = _named(members, name)
    for member in members:
        for fault in faults(member, members):
            raise Refused(f"{member.name} does not fit together: {fault}.")
    changelog = _changelog(package)
    if not changelog.unreleased:
        raise Refused(
            f"{name} has nothing to release: its CHANGELOG.md says nothing under '{UNRELEASED}'."
        )
    for member in members:
        if member.name in _needs(package) and _changelog(member).unreleased:
            raise Refused(f"{name} needs {member.name}, which is unreleased: bump that first.")
    version = _next(declared(package), step, never_released=not changelog.releases)
    text = _text(version)
    changes = {
        package.init: _DECLARED.sub(f'__version__ = "{text}"', _read(package.init), count=1),
        package.changelog: changelog.released(text, today).text,
    }
    for member in members:
        manifest = _with_bound_raised(member, name, version)
        if manifest != _read(member.manifest):
            changes[member.manifest] = manifest
    return text, {path: new for path, new in changes.items() if new != _read(path)}


def faults(package: Package, members: Sequence[Package]) -> Iterator[str]:
    """What does not fit together in a package: `__version__`, pyproject, changelog, bounds.

    Raises `Refused` where a version is not declared.
    """
    source = package.settings.get("tool", {}).get("hatch", {}).get("version", {}).get("path")
    if package.project.get("dynamic") != ["version"] or "version" in package.project:
        yield "pyproject.toml has a version of its own"
    if source != str(package.init.relative_to(package.folder)):
        yield "pyproject.toml does not take the version from `__init__.py`"
    for fault in _changelog(package).faults(declared(package)):
        yield f"CHANGELOG.md: {fault}"
    versions = {member.name: declared(member) for member in members if member != package}
    for requirement in package.requirements:
        sibling = distribution_of(requirement)
        if sibling in versions and not requirement.endswith("]"):
            bound = _BOUND.fullmatch(requirement)
            if bound is None:
                yield f"'{requirement}' is no lower bound such as '{sibling}>=0.1'"
            elif _numbers(bound["version"]) > versions[sibling]:
                yield f"'{requirement}' asks for more than {sibling} {_text(versions[sibling])}"


def declared(package: Package) -> Version:
    """Its `__version__`. Raises `Refused` where that is not `X.Y.Z`, once."""
    found = _DECLARED.findall(_read(package.init))
    version = version_of(found[0]) if len(found) == 1 else None
    if version is None:
        raise Refused(f"{package.name} does not declare a `__version__` X.Y.Z in `__init__.py`.")
    return version


def uncommitted(root: Path) -> list[str]:
    """The paths with changes that are not committed. Raises `Refused` where git cannot tell."""
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Refused(f"git cannot tell whether everything is committed: {done.stderr.strip()}.")
    return [line[3:] for line in done.stdout.splitlines()]


def _named(members: Sequence[Package], name: str) -> Package:
    names = [member.name for member in members]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}" if near else f"there are {', '.join(names)}"
        raise Refused(f"There is no package '{name}': {hint}.")
    return members[names.index(name)]


def _needs(package: Package) -> set[str]:
    return {distribution_of(requirement) for requirement in package.requirements}


def _next(version: Version, step: str, *, never_released: bool) -> Version:
    major, minor, patch = version
    if step in PARTS:
        after = {
            "major": (major + 1, 0, 0),
            "minor": (major, minor + 1, 0),
            "patch": (major, minor, patch + 1),
        }
        return after[step]
    new = version_of(step)
    if new is None:
        raise Refused(f"'{step}' is neither a version X.Y.Z nor one of {', '.join(PARTS)}.")
    if new < version or (new == version and not never_released):
        raise Refused(f"{step} is not above {_text(version)}.")
    return new


def _with_bound_raised(member: Package, name: str, version: Version) -> str:
    """The text of its pyproject.toml, with the lower bound of a package that was released."""
    text = _read(member.manifest)
    for requirement in member.requirements:
        bound = _BOUND.fullmatch(requirement)
        if bound is None or bound["name"] != name or _numbers(bound["version"])[:2] >= version[:2]:
            continue
        new = requirement.removesuffix(bound["version"]) + _text(version).removesuffix(".0")
        text = text.replace(f'"{requirement}"', f'"{new}"')
    return text


def _changelog(package: Package) -> Changelog:
    return Changelog(_read(package.changelog))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _numbers(bound: str) -> Version:
    numbers = [int(number) for number in bound.split(".")]
    return (numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0)


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package")
    parser.add_argument("step", help="major, minor, patch, or the new version")
    parser.add_argument("--dry-run", action="store_true", help="show the changes, make none")
    given = parser.parse_args(arguments)
    try:
        version, changes = plan(packages(), given.package, given.step, datetime.now(UTC).date())
        if given.dry_run:
            print(difference(ROOT, changes), end="")
            return 0
        if dirty := uncommitted(ROOT):
            raise Refused(f"There are changes that are not committed, such as in {dirty[0]}.")
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    write(changes)
    print(f"{given.package} is {version} now, in {', '.join(p.parent.name for p in changes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
