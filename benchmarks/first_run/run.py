"""How long a newcomer waits for the first number: `llem run --model builtin:tiny -n 16`.

The installed command in an empty folder, without user config and without network, a few times,
each time beside what no run can avoid: importing transformers. The protocol itself asks for a
window of ten seconds. Run with `hatch run bench:first_run`.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from circumstances import circumstances, in_words

FOLDER = Path(__file__).parent
ROUNDS = 3
MOST_S = 30.0
LLEM = str(Path(sys.executable).with_name("llem"))
FIRST_RUN = (LLEM, "run", "--model", "builtin:tiny", "-n", "16", "--json", "--log-json")
IMPORT = (sys.executable, "-c", "from transformers import AutoModelForCausalLM")


def timed(command: Sequence[str], folder: str) -> tuple[float, str, str]:
    """Seconds of a command that must succeed, and what it wrote."""
    environ = os.environ | {"LLEM_CONFIG": "none", "HF_HUB_OFFLINE": "1"}
    start_ns = time.monotonic_ns()
    done = subprocess.run(
        command, cwd=folder, env=environ, check=True, capture_output=True, text=True
    )
    return (time.monotonic_ns() - start_ns) / 1e9, done.stdout, done.stderr


def phases(stderr: str) -> dict[str, float]:
    """Seconds of each phase, from the lines of `--log-json`."""
    events = [json.loads(line) for line in stderr.splitlines()]
    return {e["phase"]: e["duration_s"] for e in events if e["event"] == "phase_finished"}


def main() -> int:
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(ROUNDS):
            import_s, _, _ = timed(IMPORT, folder)
            run_s, stdout, stderr = timed(FIRST_RUN, folder)
            result = json.loads(stdout)
            rounds.append(
                {
                    "run_s": run_s,
                    "import_transformers_s": import_s,
                    "phases_s": phases(stderr),
                    "output_tokens_per_s": result["output_tokens_per_s"],
                    "meter": result["meter"]["name"],
                }
            )
    median_s = statistics.median(r["run_s"] for r in rounds)
    verdict = "holds" if median_s < MOST_S else "MISSED"
    where = circumstances(("llem", "torch", "transformers"))
    document = {"circumstances": where, "rounds": rounds, "median_s": median_s, "most_s": MOST_S}
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    text = report(where, rounds, median_s, verdict)
    (FOLDER / "results.md").write_text(text)
    print(text)
    return 0 if verdict == "holds" else 1


def report(where: dict[str, object], rounds: list[dict], median_s: float, verdict: str) -> str:
    rows = [
        f"| {number} | {r['run_s']:.1f} | {r['import_transformers_s']:.1f} "
        f"| {r['phases_s']['warm-up']:.1f} | {r['phases_s']['measure']:.1f} "
        f"| {r['output_tokens_per_s']:.0f} |"
        for number, r in enumerate(rounds, 1)
    ]
    return "\n".join(
        [
            "# The first run",
            "",
            f"{in_words(where)}.",
            "",
            "| round | run, s | import transformers, s | warm-up, s | measure, s | tokens/s |",
            "|---:|---:|---:|---:|---:|---:|",
            *rows,
            "",
            f"Median {median_s:.1f} s; bound {MOST_S:.0f} s: {verdict}.",
            "",
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
