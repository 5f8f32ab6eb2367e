"""The Python of llem-energy's README is typed: a strict checker has nothing to say of it."""

import subprocess
import sys
from pathlib import Path

import documents
from documents import ROOT

README = ROOT / "packages" / "llem-energy" / "README.md"


def mypy(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


class TestTypes:
    def test_of_the_examples_are_right(self, tmp_path: Path) -> None:
        blocks = [block for block in documents.examples(README) if block.language == "python"]
        files = [tmp_path / f"line_{block.line}.py" for block in blocks]
        for file, block in zip(files, blocks, strict=True):
            file.write_text(block.code, encoding="utf-8")
        assert len(files) >= 3
        done = mypy(*files)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_that_are_wrong_are_found_out(self, tmp_path: Path) -> None:
        wrong = (
            "from llem_energy import EnergyMonitor\n"
            "\n"
            "\n"
            "@EnergyMonitor().measured('decode')\n"
            "def decode(tokens: int) -> int:\n"
            "    return tokens\n"
            "\n"
            "\n"
            "decode('four')\n"
            "joules: float = EnergyMonitor().readings()[0].energy_j\n"
        )
        (tmp_path / "wrong.py").write_text(wrong, encoding="utf-8")
        said = mypy(tmp_path / "wrong.py").stdout
        assert "wrong.py:9: error" in said
        assert "wrong.py:10: error" in said
