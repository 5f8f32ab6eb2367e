"""Links between the project's Markdown files, as a reader of the repository follows them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})[^\n]*\n.*?^\1\2\s*?$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?P<before>!?\[[^\]]*\]\()(?P<target>[^)\s]+)(?P<after>\))")
_CODE = re.compile(r"`[^`\n]+`")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


@dataclass(frozen=True)
class Link:
    """A link of a document to a place in the repository."""

    document: Path
    target: str
    """As it is written."""

    @property
    def anchor(self) -> str:
        """Behind the `#`; empty without one."""
        return self.target.partition("#")[2]

    @property
    def file(self) -> Path:
        """What it points at, folders included."""
        path = self.target.partition("#")[0]
        return (self.document.parent / path).resolve() if path else self.document.resolve()


def links(document: Path) -> Iterator[Link]:
    """The links of a document that stay in the repository; those in code are none."""
    text = _without_code(document.read_text(encoding="utf-8"))
    for match in _LINK.finditer(text):
        if _is_internal(match["target"]):
            yield Link(document, match["target"])


def anchors(document: Path) -> set[str]:
    """What a link to a heading of the document may say behind the `#`."""
    found: set[str] = set()
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    for heading in _HEADING.findall(text):
        slug = _slug(heading)
        number = sum(1 for other in found if re.fullmatch(rf"{re.escape(slug)}(-\d+)?", other))
        found.add(f"{slug}-{number}" if number else slug)
    return found


def with_targets(document: Path, new_target: Callable[[Link], str | None]) -> str:
    """The text with other targets in its links. Where the new one is None the words stay alone."""
    text = document.read_text(encoding="utf-8")
    masked = _masked(text)

    def changed(match: re.Match[str]) -> str:
        whole = text[match.start() : match.end()]
        target = match["target"]
        if not _is_internal(target):
            return whole
        new = new_target(Link(document, target))
        words = whole[: -len(f"]({target})")]
        return f"{words}]({new})" if new is not None else words.lstrip("!").removeprefix("[")

    parts: list[str] = []
    position = 0
    for match in _LINK.finditer(masked):
        parts += [text[position : match.start()], changed(match)]
        position = match.end()
    return "".join([*parts, text[position:]])


def _is_internal(target: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*:", target) is None


def _without_code(text: str) -> str:
    return _CODE.sub("", _FENCE.sub("", text))


def _masked(text: str) -> str:
    """The text with its code blanked out, so that every other letter stays where it is."""

    def blank(match: re.Match[str]) -> str:
        return re.sub(r"[^\n]", " ", match[0])

    return _CODE.sub(blank, _FENCE.sub(blank, text))


def _slug(heading: str) -> str:
    """As repository hosts and the site make it; they differ where signs stand between words."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
