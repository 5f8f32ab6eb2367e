"""How long starting takes, as ratios to what no program of this kind can avoid.

Every round starts each candidate and each reference once, in a fresh interpreter and in an order
that changes from round to round, so that load on the machine falls on all alike. A round gives one
ratio per candidate, candidate over reference of the same round; the verdict is on the median of
the ratios, and the interval between their quartiles is shown beside it. The first round warms the
file cache and is not counted. Names that load at first use make an import look cheaper than its use
is: the rows without a bound show the first use as well.

Run with `hatch run bench`; `--rounds N` changes the number of rounds.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from circumstances import circumstances, in_words

FOLDER = Path(__file__).parent
LLEM = str(Path(sys.executable).with_name("llem"))


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


CYCLOPTS = "python -c 'import cyclopts'"
PYDANTIC = "python -c 'from pydantic import BaseModel'"
COMMANDS: dict[str, tuple[str, ...]] = {
    CYCLOPTS: python("import cyclopts"),
    PYDANTIC: python("from pydantic import BaseModel"),
    "llem --version": (LLEM, "--version"),
    "llem --help": (LLEM, "--help"),
    "import ExperimentConfig": python("from llem_schema import ExperimentConfig"),
    "import ExperimentResult": python("from llem_schema import ExperimentResult"),
    "import both": python("from llem_schema import ExperimentConfig, ExperimentResult"),
    "make an ExperimentConfig": python(
        "from llem_schema import ExperimentConfig; ExperimentConfig(model='m')"
    ),
    "import llem_energy": python("import llem_energy"),
    "import EnergyMonitor": python("from llem_energy import EnergyMonitor"),
}


@dataclass(frozen=True)
class Bound:
    """The most that a candidate may take, as a multiple of a reference; None where none is set."""

    candidate: str
    reference: str
    most: float | None


BOUNDS = (
    Bound("llem --version", CYCLOPTS, 2.5),
    Bound("llem --help", CYCLOPTS, 2.5),
    Bound("import ExperimentConfig", PYDANTIC, 2.5),
    Bound("import ExperimentResult", PYDANTIC, 2.5),
    Bound("import both", PYDANTIC, 2.5),
    Bound("make an ExperimentConfig", PYDANTIC, None),
    Bound("import llem_energy", PYDANTIC, 1.5),
    Bound("import EnergyMonitor", PYDANTIC, None),
)


WORDS = {True: "holds", False: "MISSED", None: "-"}


@dataclass(frozen=True)
class Verdict:
    """What one bound came to."""

    candidate: str
    reference: str
    candidate_median_s: float
    reference_median_s: float
    ratio_median: float
    ratio_quartiles: tuple[float, float]
    most: float | None
    holds: bool | None
    """None where no bound is set."""


def time_of(command: tuple[str, ...]) -> float:
    """Seconds from start to exit of a process. Raises `CalledProcessError` where it fails."""
    start_ns = time.monotonic_ns()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.monotonic_ns() - start_ns) / 1e9


def measure(rounds: int) -> dict[str, list[float]]:
    """Durations in seconds of every command, one per round."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    shuffler = random.Random(0)
    for number in range(rounds + 1):
        names = list(COMMANDS)
        shuffler.shuffle(names)
        for name in names:
            duration_s = time_of(COMMANDS[name])
            if number:
                seconds[name].append(duration_s)
    return seconds


def judge(bound: Bound, seconds: Mapping[str, list[float]]) -> Verdict:
    candidate, reference = seconds[bound.candidate], seconds[bound.reference]
    ratios = [mine / theirs for mine, theirs in zip(candidate, reference, strict=True)]
    median = statistics.median(ratios)
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Verdict(
        candidate=bound.candidate,
        reference=bound.reference,
        candidate_median_s=statistics.median(candidate),
        reference_median_s=statistics.median(reference),
        ratio_median=median,
        ratio_quartiles=(low, high),
        most=bound.most,
        holds=None if bound.most is None else median <= bound.most,
    )


def table(verdicts: list[Verdict]) -> str:
    lines = [
        "| what | ms | against | ms | ratio | quartiles | bound | verdict |",
        "|---|---:|---|---:|---:|---:|---:|---|",
    ]
    for v in verdicts:
        low, high = v.ratio_quartiles
        lines.append(
            f"| `{v.candidate}` | {v.candidate_median_s * 1e3:.0f} | `{v.reference}` "
            f"| {v.reference_median_s * 1e3:.0f} | {v.ratio_median:.2f} | {low:.2f}-{high:.2f} "
            f"| {'none' if v.most is None else v.most} | {WORDS[v.holds]} |"
        )
    return "\n".join(lines)


def report(verdicts: list[Verdict], where: Mapping[str, object]) -> str:
    return (
        "# Start-up\n\n"
        f"{in_words(where)}. Medians over {where['rounds']} interleaved "
        "rounds; each process is a fresh interpreter. Written by `hatch run bench`.\n\n"
        f"{table(verdicts)}\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how long starting takes.")
    parser.add_argument("--rounds", type=int, default=21, help="rounds to count, at least 2")
    rounds = max(2, parser.parse_args().rounds)
    seconds = measure(rounds)
    verdicts = [judge(bound, seconds) for bound in BOUNDS]
    where = circumstances(
        ("cyclopts", "pydantic", "llem-cli", "llem-schema", "llem-energy"), rounds=rounds
    )
    document = {
        "circumstances": where,
        "verdicts": [asdict(verdict) for verdict in verdicts],
        "seconds": seconds,
    }
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    (FOLDER / "results.md").write_text(report(verdicts, where))
    print(table(verdicts))
    return 1 if any(verdict.holds is False for verdict in verdicts) else 0


if __name__ == "__main__":
    raise SystemExit(main())
