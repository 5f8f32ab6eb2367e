"""How `--help` looks: names on the left, what they mean on the right, as wide as the terminal."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel

_INDENT = 2
_LABEL_COLUMNS = 22
"""A label that is longer has a line of its own."""
_NARROWEST = 40
_ENDLESS = 10_000


class HelpText:
    """Writes the parts of a help page; cyclopts calls it for each, with rich's console."""

    def __call__(self, console: Any, options: Any, panel: "HelpPanel") -> None:
        if panel.entries:
            lines = [f"{_words(panel.title, console)}:"] if panel.title else []
            for entry in panel.entries:
                lines += entry_lines(_label(entry), _meaning(entry, console), console.width)
            _print(console, ["", *lines])

    def render_usage(self, console: Any, options: Any, usage: Any) -> None:
        """How the command is written."""
        text = _words(usage, console)
        if text:
            _print(console, [text if text.startswith("Usage:") else f"Usage: {text}"])

    def render_description(self, console: Any, options: Any, description: Any) -> None:
        """What the command is for."""
        text = _plain(description, console).strip("\n")
        if text:
            _print(console, ["", *_paragraphs(text, console.width)])


def entry_lines(label: str, meaning: str, columns: int) -> Iterator[str]:
    """A name and what it means. `columns`: width of the terminal."""
    start = " " * (_INDENT + _LABEL_COLUMNS)
    wrapped = textwrap.wrap(
        meaning,
        max(_NARROWEST, columns - 1),
        initial_indent=start,
        subsequent_indent=start,
        break_on_hyphens=False,
    )
    head = f"{'':{_INDENT}}{label}"
    if wrapped and len(head) < len(start) - 1:
        wrapped[0] = head.ljust(len(start)) + wrapped[0].lstrip()
    else:
        yield head
    yield from wrapped


def _paragraphs(text: str, columns: int) -> Iterator[str]:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        yield from textwrap.wrap(" ".join(paragraph.split()), max(_NARROWEST, columns - 1))


def _label(entry: "HelpEntry") -> str:
    names = entry.display_labels_with_metavar or (*entry.positive_names, *entry.positive_shorts)
    return ", ".join(names)


def _meaning(entry: "HelpEntry", console: Any) -> str:
    told = [_words(entry.description, console)]
    if entry.choices:
        told.append(f"[choices: {', '.join(entry.choices)}]")
    if entry.default is not None:
        told.append(f"[default: {entry.default}]")
    if entry.required:
        told.append("[required]")
    return " ".join(part for part in told if part)


def _words(renderable: Any, console: Any) -> str:
    return " ".join(_plain(renderable, console).split())


def _plain(renderable: Any, console: Any) -> str:
    """The text of what the console would render, with no line of it broken."""
    if renderable is None or isinstance(renderable, str):
        return renderable or ""
    endless = console.options.update(width=_ENDLESS)
    lines = console.render_lines(renderable, endless, pad=False)
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


def _print(console: Any, lines: list[str]) -> None:
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
