"""The examples in the project's documents: which there are, and running one.

Every fenced block of every document is an example and runs in an empty folder, unless the line
above it says otherwise in a comment that readers do not see:

    <!-- not run: why -->           never
    <!-- slow: why -->              in the slow tier
    <!-- needs: llem-testing -->    where this distribution is installed beside the document's own
    <!-- excerpt of: a/file -->     it stands in that file, so in no need of a run of its own

A block that is introduced by a file's name (`experiment.yaml`:) is that file to the shell blocks of
its document.

A page of `docs` is a story: its blocks run one after another in one folder. A comment in it,

    <!-- continues: tutorial.md -->

lets it begin with the folder that another page left. Run as a script, this prints the shell block
under a heading of the README:

    python tools/documents.py "Run it" | bash -euo pipefail
"""

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("apps", "benchmarks", "docs", "packages", "tests", "tools")
REMARKS = ("excerpt of", "needs", "not run", "slow")
OFFLINE = {"HF_HUB_OFFLINE": "1", "LLEM_CONFIG": "none", "NO_COLOR": "1"}

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<code>.*?)^(?P=indent)```\s*?$",
    re.MULTILINE | re.DOTALL,
)
_REMARK = re.compile(r"<!-- (?P<kind>[a-z ]+): (?P<text>.+) -->\s*$")
_CONTINUES = re.compile(r"^<!-- continues: (?P<page>\S+) -->$", re.MULTILINE)
_NAME = re.compile(r"`(?P<name>[\w.-]+)`:\s*$")


@dataclass(frozen=True)
class Example:
    """One fenced block of a document."""

    document: Path
    line: int
    """Of the fence, from 1."""
    heading: str
    """The last one above it; empty where there is none."""
    language: str
    """Empty where the fence names none."""
    code: str
    name: str | None
    """The file that it is introduced as."""
    remark: tuple[str, str] | None
    """What the comment above it says: kind and text."""

    @property
    def place(self) -> str:
        """Where it stands, seen from the root."""
        return f"{os.path.relpath(self.document, ROOT)}:{self.line}"

    def says(self, kind: str) -> str | None:
        """The text of its remark of a kind, or None."""
        return self.remark[1] if self.remark is not None and self.remark[0] == kind else None


def documents() -> list[Path]:
    """Every Markdown file of the project."""
    return sorted({*ROOT.glob("*.md"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md"))})


def examples(document: Path) -> list[Example]:
    """The fenced blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    return [_example(document, text, fence) for fence in _FENCE.finditer(text)]


def run(example: Example, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python or shell block in a folder, offline; this interpreter's commands come first.

    Raises `ValueError` for a block in another language.
    """
    if example.language == "python":
        command = [sys.executable, "-c", example.code]
    elif example.language == "sh":
        command = ["bash", "-euo", "pipefail", "-c", example.code]
        for other in examples(example.document):
            if other.name is not None:
                (folder / other.name).write_text(other.code, encoding="utf-8")
    else:
        raise ValueError(f"{example.place}: '{example.language}' cannot be run")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **OFFLINE, "LLEM_CACHE_DIR": str(folder / "cache"), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def is_story(document: Path) -> bool:
    """Whether the blocks of a document run in one folder."""
    return ROOT / "docs" in document.parents


def continued(page: Path) -> Path | None:
    """The page whose folder this one begins with; None where it begins with an empty one."""
    said = _CONTINUES.search(page.read_text(encoding="utf-8"))
    return None if said is None else (page.parent / said["page"]).resolve()


def story(page: Path, *, slow: bool) -> list[Example]:
    """What is to run of a page, in order; `slow`: with what takes long."""
    return [
        example
        for example in examples(page)
        if example.language in ("python", "sh")
        and example.says("not run") is None
        and example.says("excerpt of") is None
        and (slow or example.says("slow") is None)
    ]


def _example(document: Path, text: str, fence: re.Match[str]) -> Example:
    above = text[: fence.start()]
    remark = _REMARK.search(above.rstrip().rpartition("\n")[2])
    if remark is not None:
        above = above.rstrip().rpartition("\n")[0]
    name = _NAME.search(above.rstrip().rpartition("\n")[2])
    return Example(
        document=document,
        line=text.count("\n", 0, fence.start()) + 1,
        heading=_last_heading(_FENCE.sub("", above)),
        language=fence["language"],
        code=textwrap.dedent(fence["code"]),
        name=None if name is None else name["name"],
        remark=None if remark is None else (remark["kind"], remark["text"]),
    )


def _last_heading(text: str) -> str:
    headings = [line for line in text.splitlines() if line.startswith("#")]
    return headings[-1].lstrip("#").strip() if headings else ""


def main(heading: str) -> int:
    for example in examples(ROOT / "README.md"):
        if (example.heading, example.language) == (heading, "sh"):
            print(example.code, end="")
            return 0
    print(f"README.md has no sh block under '{heading}'", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
