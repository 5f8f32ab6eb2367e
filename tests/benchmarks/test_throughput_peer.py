"""The peer of the throughput benchmark: what it answers, and when it is absent."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks" / "throughput"

MEASURE = """
import sys
from pathlib import Path
from peer import Case, measure, peer_table
case = Case("a model", "folder", 4, 8, output_tokens=16, seconds=1.0, least_calls=6)
print(peer_table(measure([case], 2, Path(sys.argv[1]))))
"""

ANSWERS = """#!{python}
import json, sys
from pathlib import Path
work = json.loads(Path(sys.argv[2]).read_text())
assert work["threads"] == 2
assert [case["output_tokens"] for case in work["cases"]] == [16]
document = {{"packages": {{"optimum-benchmark": "0.6"}}, "generate_s": [[1.0, 2.0, 9.0]]}}
Path(sys.argv[3]).write_text(json.dumps(document))
"""


def said(python: Path) -> list[str]:
    """The report's lines, with this as the interpreter of the peer's environment."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(python)],
        env=os.environ | {"PYTHONPATH": str(FOLDER)},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


class TestPeer:
    def test_has_the_throughput_of_its_median_call(self, tmp_path: Path) -> None:
        interpreter = tmp_path / "python"
        interpreter.write_text(ANSWERS.format(python=sys.executable))
        interpreter.chmod(0o755)
        versions, *_, figure = said(interpreter)
        assert versions == "optimum-benchmark 0.6."
        assert figure == "| a model | 4 | 3 | 32.0 |"

    def test_whose_environment_is_absent_is_said_to_be_so(self, tmp_path: Path) -> None:
        (line,) = said(tmp_path / "python")
        assert "its environment is absent; `hatch env create peer` makes it" in line

    def test_that_fails_gives_its_last_words(self, tmp_path: Path) -> None:
        interpreter = tmp_path / "python"
        interpreter.write_text("#!/bin/sh\necho first >&2; echo no such model >&2; exit 1\n")
        interpreter.chmod(0o755)
        (line,) = said(interpreter)
        assert line == "optimum-benchmark was not measured: it failed: no such model."
