"""Other tools over the windows of the benchmark: the command that `run.py` starts.

    python benchmarks/accuracy/peers.py cases.jsonl answers.jsonl --peer zeus

A line of the cases has `cell`, `seed`, `scenario`, `devices`, `start_ns` and `end_ns`; a line of
the answers `cell`, `seed`, `peer`, `version`, `energy_j` (all devices together, None where the tool
gave none), `error`, and `late_s`, by how much the tool had its last word too late. Exit code 2: not
run.

All peers meet the simulated driver in virtual time; `--real-time N` plays N of the windows, picked
by chance, in real time instead, with nothing of the peer replaced but its driver: where the two
differ, a tick of a sensor fell into the milliseconds that the peer's own calls take. Zeus and
CodeCarbon run in an environment of their own, made at first use.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Protocol

from peer_stage import RealStage, Stage, VirtualStage


class Peer(Protocol):
    """A tool under comparison."""

    version: str | None

    def energy_j(self, stage: Stage) -> float:
        """Joules of the window, as the tool tells them. Raises whatever the tool raises."""
        ...


def counter_difference(*, virtual: bool) -> Peer:
    from peer_plain import CounterDifference

    return CounterDifference()


def polling(*, virtual: bool) -> Peer:
    from peer_plain import Polling

    return Polling()


def zeus(*, virtual: bool) -> Peer:
    from peer_zeus import Zeus

    return Zeus(virtual=virtual)


def codecarbon(*, virtual: bool) -> Peer:
    from peer_codecarbon import CodeCarbon

    return CodeCarbon(virtual=virtual)


PEERS: dict[str, Callable[..., Peer]] = {
    "counter difference": counter_difference,
    "polling 100 ms": polling,
    "zeus": zeus,
    "codecarbon": codecarbon,
}
ELSEWHERE = frozenset({"zeus", "codecarbon"})
"""Those that need the environment of their own."""


def answer(name: str, peer: Peer, line: dict[str, Any], stage: Stage) -> dict[str, Any]:
    """What a peer says of a window."""
    energy_j, error = None, None
    try:
        energy_j = peer.energy_j(stage)
    except Exception as failure:  # whatever a tool raises is its answer
        error = f"{type(failure).__name__}: {failure}"
    return {
        "cell": line["cell"],
        "seed": line["seed"],
        "peer": name,
        "version": peer.version,
        "energy_j": energy_j,
        "error": error,
        "late_s": max(stage.now_ns - stage.end_ns, 0) / 1e9,
    }


def run(name: str, cases: Path, answers: Path, real_time: int | None) -> None:
    """Ask a peer about every case, or about some of them in real time."""
    lines = cases.read_text(encoding="utf-8").splitlines()
    if real_time is not None:
        lines = some_of(lines, real_time)
    peer = PEERS[name](virtual=real_time is None)
    make_stage = VirtualStage if real_time is None else RealStage
    if lines:
        first = json.loads(lines[0])
        answer(name, peer, first, make_stage(first))  # a tool's first window takes its set-up too
    with answers.open("w", encoding="utf-8") as file:
        for text in lines:
            line = json.loads(text)
            file.write(json.dumps(answer(name, peer, line, make_stage(line))) + "\n")


def some_of(lines: Sequence[str], count: int) -> list[str]:
    """So many of them, by chance, the same each time."""
    chosen = Random(0).sample(range(len(lines)), min(count, len(lines)))
    return [lines[index] for index in sorted(chosen)]


def run_elsewhere(arguments: Sequence[str]) -> int:
    """This command again, in the environment that has the packages."""
    from peer_environment import NoEnvironment, peer_environ, peer_python

    try:
        python = peer_python()
    except NoEnvironment as missing:
        print(f"not run: {missing}", file=sys.stderr)
        return 2
    command = [str(python), __file__, *arguments, "--here"]
    return subprocess.run(command, check=False, env=peer_environ()).returncode


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--peer", choices=PEERS, required=True)
    parser.add_argument("--real-time", type=int, metavar="N", help="play N windows as they are")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer in ELSEWHERE and not options.here:
        return run_elsewhere(sys.argv[1:])
    run(options.peer, options.cases, options.answers, options.real_time)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
