"""optimum-benchmark beside llem, for orientation: another transformers, and not in turns with it.

It has the environment `peer`, made by `hatch env create peer`. Without it there are no figures, and
the report says so.
"""

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

PYTHON = Path(__file__).parents[2] / ".hatch" / "peer" / "bin" / "python"
SCRIPT = Path(__file__).with_name("peer_optimum.py")


@dataclass(frozen=True)
class Case:
    """A saved model, and the work of one call of `generate`."""

    shape: str
    folder: str
    batch_size: int
    prompt_tokens: int
    output_tokens: int
    seconds: float
    least_calls: int


@dataclass(frozen=True)
class PeerFigure:
    """Throughput from the median of its calls, prompt included, as for the plain loop."""

    shape: str
    batch_size: int
    calls: int
    tokens_per_s: float


@dataclass(frozen=True)
class Peer:
    """What optimum-benchmark measured, or why there is nothing."""

    absent: str | None
    packages: Mapping[str, str] = field(default_factory=dict)
    figures: Sequence[PeerFigure] = ()


def measure(cases: Sequence[Case], threads: int, python: Path = PYTHON) -> Peer:
    """All cases, in one process of the peer's environment."""
    if not python.exists():
        return Peer("its environment is absent; `hatch env create peer` makes it")
    own = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads)}
    with tempfile.TemporaryDirectory() as name:
        work, answers = Path(name) / "cases.json", Path(name) / "answers.json"
        work.write_text(json.dumps({"threads": threads, "cases": [asdict(c) for c in cases]}))
        done = subprocess.run(
            [str(python), str(SCRIPT), str(work), str(answers)],
            cwd=name,
            env=os.environ | own,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            return Peer(f"it failed: {said[-1]}")
        document = json.loads(answers.read_text())
    return Peer(
        None,
        document["packages"],
        [
            PeerFigure(
                shape=case.shape,
                batch_size=case.batch_size,
                calls=len(seconds),
                tokens_per_s=case.batch_size * case.output_tokens / statistics.median(seconds),
            )
            for case, seconds in zip(cases, document["generate_s"], strict=True)
        ],
    )


def peer_table(peer: Peer) -> str:
    """The figures with the versions, or the sentence that says why there are none."""
    if peer.absent is not None:
        return f"optimum-benchmark was not measured: {peer.absent}."
    versions = ", ".join(f"{name} {version}" for name, version in peer.packages.items())
    lines = [
        f"{versions}.",
        "",
        "| model | batch | calls | optimum-benchmark, tokens/s |",
        "|---|---:|---:|---:|",
    ]
    for f in peer.figures:
        lines.append(f"| {f.shape} | {f.batch_size} | {f.calls} | {f.tokens_per_s:.1f} |")
    return "\n".join(lines)
