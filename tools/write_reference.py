"""Write the pages of docs/reference from the code: `python tools/write_reference.py [FOLDER]`.

A test fails when the committed pages are not what this writes.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from llem_schema.codes import NOT_MEASURED_CODES, NOTICE_CODES, PROBLEM_CODES, WARNING_CODES
from reference_cli import command_line_page
from reference_config import configuration_page

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

_CODES = """# Codes

Every remark that llem makes has a stable code, which never changes its meaning. What to do about
each is in [troubleshooting](../troubleshooting.md). Plugins from elsewhere may bring codes of their
own.
"""


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file."""
    return {
        "codes.md": _codes_page(),
        "command-line.md": command_line_page(),
        "configuration.md": configuration_page(),
    }


def _codes_page() -> str:
    parts = [
        ("Warnings of a result", "In `measurement_warnings`.", WARNING_CODES),
        ("Problems before a run", "Told by `llem config --check` and pre-flight.", PROBLEM_CODES),
        ("Missing figures", "In `not_measured`, for every field that is null.", NOT_MEASURED_CODES),
        ("Notices", "Told while a run goes on.", NOTICE_CODES),
    ]
    return "\n".join([_CODES, *(_table(*part) for part in parts)])


def _table(title: str, where: str, codes: Mapping[str, str]) -> str:
    rows = [f"| `{code}` | {sentence} |" for code, sentence in codes.items()]
    return "\n".join([f"## {title}", "", where, "", "| code | meaning |", "|---|---|", *rows, ""])


def main(folder: Path) -> None:
    """Write every page into a folder, and say which changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
