"""The changelog of a package: what is unreleased first, then its releases, the newest first."""

import re
from dataclasses import dataclass
from datetime import date

from workspace import PART, Version, version_of

UNRELEASED = "Unreleased"

_HEADING = re.compile(r"^## (?P<title>.*)$", re.MULTILINE)
_RELEASE = re.compile(rf"(?P<version>{PART}\.{PART}\.{PART}) \((?P<day>\d{{4}}-\d\d-\d\d)\)")


@dataclass(frozen=True)
class Changelog:
    """The text of a CHANGELOG.md."""

    text: str

    @property
    def titles(self) -> list[str]:
        """Of its sections, in order."""
        return [heading["title"] for heading in _HEADING.finditer(self.text)]

    @property
    def releases(self) -> list[Version]:
        """The versions of its dated sections, in order; sections of another form are left out."""
        matches = [_RELEASE.fullmatch(title) for title in self.titles]
        versions = [version_of(match["version"]) for match in matches if match is not None]
        return [version for version in versions if version is not None]

    @property
    def unreleased(self) -> str:
        """What was changed since the last release; empty where nothing was."""
        if not self.titles or self.titles[0] != UNRELEASED:
            return ""
        return _HEADING.split(self.text)[2].strip()

    def faults(self, version: Version) -> list[str]:
        """What is wrong with it as the changelog of a version that is under way."""
        found = [
            f"its section '{title}' is neither '{UNRELEASED}' nor 'X.Y.Z (YYYY-MM-DD)'"
            for title in self.titles
            if title != UNRELEASED and _RELEASE.fullmatch(title) is None
        ]
        if UNRELEASED in self.titles[1:]:
            found.append(f"'{UNRELEASED}' is not its first section")
        if not self.titles:
            found.append("it has no section")
        releases = self.releases
        if sorted(set(releases), reverse=True) != releases:
            found.append("its releases are not in order, the newest first")
        if releases and releases[0] != version:
            newest = ".".join(map(str, releases[0]))
            found.append(f"its newest release is {newest} and not the version of the package")
        return found

    def released(self, version: str, day: date) -> "Changelog":
        """With its unreleased section under a version and a day."""
        return Changelog(self.text.replace(f"## {UNRELEASED}", f"## {version} ({day})", 1))
