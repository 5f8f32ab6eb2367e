"""How long `llem show` takes over ten thousand results, and how much memory.

The results are generated: of several models, settings and figures, each of the size of a real one;
one in a hundred has no result. The installed command lists them as a table, first without an index
(cold: every file is read and validated), then with it (warm: every file is asked whether it
changed). The files themselves are in the system's cache both times. `--version` is shown beside it:
what no command can avoid. The verdict is on the median of the warm rounds, and on the memory of the
worst round.

Run with `hatch run bench:scale`; `--results N` changes the number of results.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from llem_schema import ExperimentConfig, measurement_config_hash
from llem_testing import example_result

sys.path.insert(0, str(Path(__file__).parents[1]))
from circumstances import circumstances, in_words

FOLDER = Path(__file__).parent
LLEM = str(Path(sys.executable).with_name("llem"))
RESULTS = 10_000
WARM_ROUNDS = 9
MOST_S = 2.0
MOST_MB = 500.0
SETTLING_S = 2.5
"""A file that changed just now is read again the next time: so long it is new."""
ONE_WITHOUT_RESULT_IN = 100
MODELS = ("builtin:tiny", "builtin:gpt2", "meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-7B")
TABLE = "llem show"
COMMANDS: dict[str, tuple[str, ...]] = {
    TABLE: ("show", "results"),
    "llem show --sort J/token --limit 20": (
        *("show", "results", "--sort", "J/token", "--limit", "20"),
    ),
    "llem show --csv": ("show", "results", "--csv"),
    "llem show --json": ("show", "results", "--json"),
    "llem --version": ("--version",),
}


@dataclass(frozen=True)
class Round:
    """One process."""

    seconds: float
    peak_mb: float
    """Largest resident set, in units of 10^6 bytes."""
    lines: int


def results(number: int) -> Iterator[dict[str, Any]]:
    """Valid results as JSON objects, all different, each with the packages of a real machine."""
    draw = random.Random(0)
    packages = {
        d.metadata["Name"]: d.version for d in metadata.distributions() if d.metadata["Name"]
    }
    base = example_result().model_dump(mode="json")
    base["environment_snapshot"]["packages"] = packages
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for index in range(number):
        document = deepcopy(base)
        model, batch = draw.choice(MODELS), draw.choice((1, 2, 4, 8, 16, 32))
        document["config"] |= {
            "model": model,
            "precision": draw.choice(("bf16", "fp16", "fp32")),
            "n": draw.choice((16, 100, 1000)),
            "pytorch": {"batch_size": batch},
        }
        config = ExperimentConfig.model_validate(document["config"])
        begin = start + timedelta(minutes=7 * index)
        tokens, seconds = draw.randint(1_000, 500_000), draw.uniform(10, 120)
        joules = tokens * draw.uniform(0.01, 4)
        document |= {
            "experiment_id": f"{index:032x}",
            "measurement_config_hash": measurement_config_hash(config),
            "effective_config": {"batch_size": batch},
            "output_tokens": tokens,
            "window_duration_s": seconds,
            "output_tokens_per_s": tokens / seconds,
            "energy_total_j": joules,
            "energy_uncertainty_j": joules * draw.uniform(0.005, 0.1),
            "energy_per_output_token_j": joules / tokens,
            "started_at": begin.isoformat(),
            "ended_at": (begin + timedelta(seconds=seconds + 90)).isoformat(),
        }
        document["model"]["name"] = model
        yield document


def generate(root: Path, number: int) -> int:
    """Write result folders, a few of them without a result; bytes of an average `result.json`."""
    written = 0
    for index, document in enumerate(results(number)):
        slug = document["model"]["name"].replace(":", "/").split("/")[-1].lower()
        moment = document["started_at"][:19].replace(":", "-")
        folder = root / f"{slug}_pytorch_{moment}_{index}"
        folder.mkdir(parents=True)
        text = json.dumps(document, indent=2)
        written += len(text)
        match index % (3 * ONE_WITHOUT_RESULT_IN):
            case 7:
                (folder / "result.json").write_text(text[: len(text) // 2])
            case 107:
                (folder / "timeseries.arrows").write_bytes(b"")
            case 207:
                left = {
                    "schema_version": 1,
                    "experiment_id": document["experiment_id"],
                    "config": document["config"],
                    "run_settings": document["run_settings"],
                    "reason": "interrupted",
                    "timeseries": "timeseries.parquet",
                    "requests_file": None,
                    "ended_at": document["ended_at"],
                }
                (folder / "partial.json").write_text(json.dumps(left))
            case _:
                (folder / "result.json").write_text(text)
    return written // number


def once(arguments: Sequence[str], place: Path) -> Round:
    """One process of the installed command, which must succeed."""
    environ = os.environ | {"LLEM_CACHE_DIR": str(place / "cache"), "LLEM_CONFIG": "none"}
    output = place / "output"
    start_ns = time.monotonic_ns()
    with output.open("wb") as file:
        pid = os.posix_spawn(
            LLEM,
            (LLEM, *arguments),
            environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, file.fileno(), 1)],
        )
        _, status, usage = os.wait4(pid, 0)
    seconds = (time.monotonic_ns() - start_ns) / 1e9
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"llem {' '.join(arguments)} failed")
    return Round(seconds, usage.ru_maxrss * 1024 / 1e6, output.read_bytes().count(b"\n"))


def measure(place: Path, warm_rounds: int) -> tuple[Round, dict[str, list[Round]]]:
    """The cold round, and the warm ones of every command in an order that changes."""
    os.chdir(place)
    shutil.rmtree(place / "cache", ignore_errors=True)
    cold = once(COMMANDS[TABLE], place)
    warm: dict[str, list[Round]] = {name: [] for name in COMMANDS}
    shuffler = random.Random(0)
    for _ in range(warm_rounds):
        names = list(COMMANDS)
        shuffler.shuffle(names)
        for name in names:
            warm[name].append(once(COMMANDS[name], place))
    return cold, warm


def table(cold: Round, warm: Mapping[str, Sequence[Round]]) -> str:
    lines = ["| what | seconds | quartiles | peak MB |", "|---|---:|---:|---:|"]
    lines.append(f"| `{TABLE}`, cold | {cold.seconds:.2f} | one round | {cold.peak_mb:.0f} |")
    for name, rounds in warm.items():
        seconds = [r.seconds for r in rounds]
        low, _, high = statistics.quantiles(seconds, n=4, method="inclusive")
        lines.append(
            f"| `{name}`, warm | {statistics.median(seconds):.2f} | {low:.2f}-{high:.2f} "
            f"| {max(r.peak_mb for r in rounds):.0f} |"
        )
    return "\n".join(lines)


def verdicts(cold: Round, warm: Mapping[str, Sequence[Round]]) -> dict[str, bool]:
    """What is promised, and whether it holds."""
    median_s = statistics.median(r.seconds for r in warm[TABLE])
    peak_mb = max(r.peak_mb for r in (cold, *warm[TABLE]))
    return {
        f"`{TABLE}` takes {median_s:.2f} s warm, bound {MOST_S:g} s": median_s <= MOST_S,
        f"it takes {peak_mb:.0f} MB at most, cold or warm, bound {MOST_MB:g} MB": peak_mb
        <= MOST_MB,
    }


def report(text: str, judged: Mapping[str, bool], where: Mapping[str, Any]) -> str:
    words = {True: "holds", False: "MISSED"}
    return (
        "# Scale\n\n"
        f"{where['results']:,} results of {where['bytes_of_a_result'] / 1024:.1f} KiB each. "
        f"{in_words(where)}. Medians over {where['warm_rounds']} interleaved "
        "rounds; each is a fresh process. Written by `hatch run bench:scale`.\n\n"
        f"{text}\n\n" + "".join(f"- {what}: {words[holds]}\n" for what, holds in judged.items())
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure llem show over many results.")
    parser.add_argument("--results", type=int, default=RESULTS)
    parser.add_argument("--rounds", type=int, default=WARM_ROUNDS, help="warm ones, at least 2")
    arguments = parser.parse_args()
    rounds = max(2, arguments.rounds)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        result_bytes = generate(place / "results", arguments.results)
        time.sleep(SETTLING_S)
        cold, warm = measure(place, rounds)
        os.chdir(FOLDER)
    assert cold.lines > arguments.results, "not every result has a row"
    where = circumstances(
        ("llem-cli", "llem-store", "llem-schema", "pydantic"),
        results=arguments.results,
        bytes_of_a_result=result_bytes,
        warm_rounds=rounds,
    )
    judged = verdicts(cold, warm)
    document = {
        "circumstances": where,
        "verdicts": judged,
        "cold": vars(cold),
        "warm": {name: [vars(r) for r in of] for name, of in warm.items()},
    }
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    text = report(table(cold, warm), judged, where)
    (FOLDER / "results.md").write_text(text)
    print(text)
    return 0 if all(judged.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
