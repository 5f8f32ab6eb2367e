"""The Python examples of every README run as they stand, offline."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OFFLINE = {"HF_HUB_OFFLINE": "1", "LLEM_CONFIG": "none", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Example:
    """One Python block of a README."""

    readme: Path
    line: int
    code: str

    @property
    def place(self) -> str:
        return f"{self.readme.relative_to(ROOT)}:{self.line}"


def readmes() -> list[Path]:
    patterns = [
        "README.md",
        "packages/*/README.md",
        "apps/*/README.md",
        "tests/plugins/*/README.md",
    ]
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def examples(readme: Path) -> list[Example]:
    text = readme.read_text()
    return [
        Example(readme, text.count("\n", 0, match.start()) + 1, match.group(1))
        for match in FENCE.finditer(text)
    ]


EXAMPLES = [example for readme in readmes() for example in examples(readme)]


class TestReadmeExamples:
    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
    def test_run_as_they_stand(self, example: Example, tmp_path: Path) -> None:
        outcome = subprocess.run(
            [sys.executable, "-c", example.code],
            cwd=tmp_path,
            env=os.environ | OFFLINE | {"LLEM_CACHE_DIR": str(tmp_path / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert outcome.returncode == 0, f"{example.place}\n{outcome.stdout}\n{outcome.stderr}"

    @pytest.mark.parametrize(
        "readme", sorted(ROOT.glob("packages/*/README.md")), ids=lambda path: path.parent.name
    )
    def test_stand_in_the_readme_of_every_library(self, readme: Path) -> None:
        assert examples(readme)
