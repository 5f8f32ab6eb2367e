"""How far the joules of a window are from the truth, and whether the stated intervals hold it.

Thousands of windows on the simulated GPU, whose true energy is known, in virtual time: classes of
sensors, workloads and lengths as in `cases.py`, each with its own seeds. Other tools are run over
the same windows (see `peers.py`). Written to `results.md` and `results.json`; the verdicts decide
no test.

Run with `hatch run bench:accuracy`; `--seeds N` changes the number of windows in a cell, and
`--peers none` leaves the other tools out.
"""

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from cases import CLASSES, GAIN_ONE, Case, all_cases
from ours import measure
from tables import (
    OURS,
    Line,
    Outcome,
    accuracy_lines,
    coverage_lines,
    coverage_table,
    error_table,
    peer_lines,
)

FOLDER = Path(__file__).parent
SEEDS = 23
"""23 windows in each of the 45 cells of a class: 1035 a class."""
PEERS = ("counter difference", "polling 100 ms", "zeus", "codecarbon")

_VERDICTS = {True: "holds", False: "MISSED", None: "-"}


def our_outcome(case: Case) -> Outcome:
    measured = measure(case, absolute=case.sensors not in GAIN_ONE)
    return Outcome(
        sensors=case.sensors,
        workload=case.workload,
        length_s=case.length_s,
        seed=case.seed,
        tool=OURS,
        true_j=measured.true_j,
        sensed_j=case.sensed_j(measured.true_j),
        energy_j=measured.energy_j,
        half_width_j=measured.half_width_j,
    )


def run_ours(cases: Sequence[Case]) -> list[Outcome]:
    """All cases, on all cores."""
    with multiprocessing.Pool() as pool:
        done = []
        for outcome in pool.imap_unordered(our_outcome, cases, chunksize=8):
            done.append(outcome)
            if len(done) % 200 == 0:
                print(f"\r{len(done)} of {len(cases)} windows", end="", file=sys.stderr)
    print(file=sys.stderr)
    return done


def run_peer(peer: str, cases: Sequence[Case]) -> tuple[list[Outcome], str]:
    """The windows as another tool saw them, and what is to be said of it."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "cases.jsonl"), Path(folder, "answers.jsonl")
        with asked.open("w", encoding="utf-8") as file:
            for case in cases:
                start_ns, end_ns = case.window_ns()
                scenario = case.scenario()
                line = {
                    "cell": list(case.cell),
                    "seed": case.seed,
                    "scenario": scenario.model_dump(mode="json"),
                    "devices": [gpu.uuid for gpu in scenario.gpus],
                    "start_ns": start_ns,
                    "end_ns": end_ns,
                }
                file.write(json.dumps(line) + "\n")
        command = [sys.executable, str(FOLDER / "peers.py"), str(asked), str(answered)]
        done = subprocess.run([*command, "--peer", peer], check=False)
        if done.returncode or not answered.exists():
            return [], f"{peer}: not run (exit code {done.returncode})"
        answers = [json.loads(line) for line in answered.read_text(encoding="utf-8").splitlines()]
    known = {(case.cell, case.seed): case for case in cases}
    outcomes = []
    for answer in answers:
        case = known[tuple(answer["cell"]), answer["seed"]]
        true_j = case.true_j(case.scenario(), *case.window_ns())
        outcomes.append(
            Outcome(
                sensors=case.sensors,
                workload=case.workload,
                length_s=case.length_s,
                seed=case.seed,
                tool=peer,
                true_j=true_j,
                sensed_j=case.sensed_j(true_j),
                energy_j=answer["energy_j"],
                half_width_j=None,
            )
        )
    version = next((answer["version"] for answer in answers if answer.get("version")), None)
    return outcomes, f"{peer}{f' {version}' if version else ''}: {len(outcomes)} windows"


def written(lines: Sequence[Line], outcomes: Sequence[Outcome], notes: Sequence[str]) -> str:
    """The page."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    tools = [OURS, *(peer for peer in PEERS if any(o.tool == peer for o in outcomes))]
    verdicts = [
        f"| {line.what} | {line.bound} | {line.seen} | {_VERDICTS[line.holds]} |" for line in lines
    ]
    return "\n".join(
        [
            "# Accuracy",
            "",
            f"{datetime.now(tz=UTC):%Y-%m-%d}, {machine}, Python {platform.python_version()}, "
            f"llem-energy {metadata.version('llem-energy')}, simulated GPUs of llem-testing "
            f"{metadata.version('llem-testing')} in virtual time. Written by "
            "`hatch run bench:accuracy`.",
            "",
            "; ".join(notes) + ".",
            "",
            "| what | bound | seen | verdict |",
            "|---|---|---|---|",
            *verdicts,
            "",
            "## Coverage",
            "",
            "Half-widths are k = 2: comparison intervals, and absolute ones for `noisy`, whose "
            "sensors have a gain of 1.03. Both in percent of the true energy.",
            "",
            coverage_table(outcomes),
            "",
            "## Mean absolute error in percent of the true energy",
            "",
            error_table(outcomes, tools),
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="windows in each cell")
    parser.add_argument("--classes", default=",".join(CLASSES), help="classes of sensors")
    parser.add_argument("--peers", default=",".join(PEERS), help="other tools, or none")
    parser.add_argument("--dry", action="store_true", help="print, and write no file")
    options = parser.parse_args()
    classes = options.classes.split(",")
    cases = [case for case in all_cases(options.seeds) if case.sensors in classes]
    started_s = time.monotonic()
    outcomes = run_ours(cases)
    notes = [f"{OURS}: {len(cases)} windows in {time.monotonic() - started_s:.0f} s"]
    for peer in () if options.peers == "none" else options.peers.split(","):
        of_peer, note = run_peer(peer, cases)
        outcomes += of_peer
        notes.append(note)
    lines = [*accuracy_lines(outcomes), *coverage_lines(outcomes), *peer_lines(outcomes, PEERS)]
    page = written(lines, outcomes, notes)
    print(page)
    if not options.dry:
        (FOLDER / "results.md").write_text(page, encoding="utf-8")
        figures = {"notes": notes, "verdicts": [asdict(line) for line in lines]}
        (FOLDER / "results.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
