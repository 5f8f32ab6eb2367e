"""llem's backend with everything switched on, against a plain loop of `generate`, in turns.

A round gives the ratio of the two. Where a process lies in memory moves the ratio by half a percent
for as long as it lives, so each figure has rounds of several processes. They take turns, too: what
the machine does for a minute falls on all figures.

    python against.py SHAPE BATCH_SIZE SHORTER SECONDS THREADS    one process; prints its rounds
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from contenders import SHAPES, Shape, config_of, llem_pass, loaded, metered, plain_loop, prompts
from paired import Rounds, alternate, lower_bound

PROCESSES = 5


@dataclass(frozen=True)
class Part:
    """The rounds of one process."""

    meter: str
    seconds: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Against:
    """llem's throughput as a share of the plain loop's."""

    shape: str
    batch_size: int
    rounds: int
    plain_tokens_per_s: float
    llem_tokens_per_s: float
    median: float
    process_medians: Sequence[float]
    lower_bound: float
    least: float
    meter: str

    @property
    def holds(self) -> bool:
        return self.lower_bound >= self.least


def measure(shapes: Sequence[Shape], seconds: Mapping[Shape, float], threads: int) -> list[Against]:
    """A figure for every batch size of every shape. `seconds`: of one process."""
    parts: dict[tuple[Shape, int, int], list[Part]] = {
        (shape, batch_size, shorter): []
        for shape in shapes
        for batch_size, shorter in shape.shorter
    }
    for _ in range(PROCESSES):
        for (shape, batch_size, shorter), gathered in parts.items():
            gathered.append(_apart(shape, batch_size, shorter, seconds[shape], threads))
    return [
        _figure(shape, batch_size, shorter, gathered)
        for (shape, batch_size, shorter), gathered in parts.items()
    ]


def _apart(shape: Shape, batch_size: int, shorter: int, seconds: float, threads: int) -> Part:
    """The rounds of a process of their own."""
    name = next(name for name, known in SHAPES.items() if known == shape)
    arguments = [name, batch_size, shorter, seconds, threads]
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return Part(**json.loads(done.stdout))


def _figure(shape: Shape, batch_size: int, shorter: int, parts: Sequence[Part]) -> Against:
    tokens = batch_size * (shape.output_tokens // shorter)
    by_process = [Rounds(part.seconds).ratios("llem", "plain") for part in parts]
    ratios = [ratio for part in by_process for ratio in part]

    def tokens_per_s(name: str) -> float:
        return tokens / statistics.median(s for part in parts for s in part.seconds[name])

    return Against(
        shape=shape.label,
        batch_size=batch_size,
        rounds=len(ratios),
        plain_tokens_per_s=tokens_per_s("plain"),
        llem_tokens_per_s=tokens_per_s("llem"),
        median=statistics.median(ratios),
        process_medians=[statistics.median(part) for part in by_process],
        lower_bound=lower_bound(ratios),
        least=shape.least,
        meter=parts[0].meter,
    )


def rounds_here(shape: Shape, batch_size: int, shorter: int, seconds: float) -> Part:
    requests = prompts((shape.prompt_tokens // shorter,) * batch_size)
    output_tokens = shape.output_tokens // shorter
    with (
        loaded(config_of(shape, batch_size, output_tokens)) as model,
        metered(model.devices) as (meter, session),
    ):
        halves = {
            "plain": plain_loop(model, requests, output_tokens),
            "llem": llem_pass(model, requests, session),
        }
        return Part(meter, alternate(halves, seconds).seconds)


def main() -> None:
    name, batch_size, shorter, seconds, threads = sys.argv[1:]
    import torch

    torch.set_num_threads(int(threads))
    part = rounds_here(SHAPES[name], int(batch_size), int(shorter), float(seconds))
    print(json.dumps(asdict(part)))


if __name__ == "__main__":
    main()
