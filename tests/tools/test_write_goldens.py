"""The tool that writes goldens writes the ones that are committed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def goldens_below(folder: Path) -> dict[str, str]:
    files = [*folder.glob("packages/*/tests/goldens/*/v*/*.json*")]
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8") for file in files}


class TestWriteGoldens:
    def test_writes_every_golden_as_it_is_committed(self, tmp_path: Path) -> None:
        tool = ROOT / "tools" / "write_goldens.py"
        done = subprocess.run(
            [sys.executable, tool, tmp_path], capture_output=True, text=True, check=True
        )
        assert goldens_below(tmp_path) == goldens_below(ROOT)
        assert len(done.stdout.splitlines()) == len(goldens_below(ROOT))
