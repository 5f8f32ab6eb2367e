"""How near llem comes to plain transformers, and which way of generating is the fastest.

**Throughput.** A plain loop of `generate` against llem's backend with everything switched on, in
turns, on one model in memory: a small one, and one of 124 M parameters, at several batch sizes, in
several processes each. A round gives the ratio of the two; the verdict is on the lower 95 % bound
of their median. The meter polls through both halves; what polling costs is in ../overhead.

**For orientation.** optimum-benchmark at the same work, where `hatch env create peer` has made its
environment.

**Ways of generating.** The default beside batches of like length, a static cache, compiled code and
continuous batching, on even and on ragged work.

**First token.** From the start of a process to its first token, against a bare script.

Run with `hatch run bench:throughput`, on a machine that does nothing else; the load while it ran is
part of the report.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import against
import first_token
from against import Against
from circumstances import circumstances, in_words
from contenders import GPT2, SHAPES, TINY, Shape
from paired import LEAST_ROUNDS
from peer import Case, Peer, measure, peer_table
from variants import WORKS, Compared, compare

FOLDER = Path(__file__).parent
SECONDS = {TINY: 20.0, GPT2: 45.0}
"""For each figure, unless scaled."""
PROCESS_SECONDS = {TINY: 8.0, GPT2: 15.0}
"""The same for each process of a figure against the plain loop."""
WORDS = {True: "holds", False: "MISSED"}


def orientation(shapes: list[Shape], threads: int, scale: float) -> Peer:
    """The peer at the work of the plain loop."""
    with tempfile.TemporaryDirectory() as name:
        return measure(
            [
                Case(
                    shape=shape.label,
                    folder=str(folder),
                    batch_size=batch_size,
                    prompt_tokens=shape.prompt_tokens // shorter,
                    output_tokens=shape.output_tokens // shorter,
                    seconds=SECONDS[shape] * scale / 2,
                    least_calls=LEAST_ROUNDS,
                )
                for number, shape in enumerate(shapes)
                for folder in [first_token.saved(shape, Path(name) / str(number))]
                for batch_size, shorter in shape.shorter
            ],
            threads,
        )


def against_table(figures: list[Against]) -> str:
    lines = [
        "| model | batch | rounds | plain, tokens/s | llem, tokens/s | share, median "
        "| by process | lower 95 % bound | at least | verdict |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for f in figures:
        lines.append(
            f"| {f.shape} | {f.batch_size} | {f.rounds} | {f.plain_tokens_per_s:.1f} "
            f"| {f.llem_tokens_per_s:.1f} | {f.median:.4f} "
            f"| {min(f.process_medians):.3f} to {max(f.process_medians):.3f} "
            f"| {f.lower_bound:.4f} | {f.least} "
            f"| {WORDS[f.holds]} |"
        )
    return "\n".join(lines)


def variant_table(figures: list[Compared]) -> str:
    lines = [
        "| model | work | way | useful tokens | padding | after the end | tokens/s "
        "| against the default | 95 % interval | rounds | verdict |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for f in figures:
        low, high = f.interval
        lines.append(
            f"| {f.shape} | {f.work} | {f.variant} | {f.useful_tokens} | {f.padded_tokens} "
            f"| {f.discarded_tokens} | {f.tokens_per_s:.1f} | {f.median:.2f} "
            f"| {low:.2f} to {high:.2f} | {f.rounds} | {f.verdict} |"
        )
    return "\n".join(lines)


def first_token_table(figures: list[first_token.FirstToken]) -> str:
    lines = [
        "| model | rounds | bare script, s | llem, s | ratio, median | at most | verdict |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for f in figures:
        lines.append(
            f"| {f.label} | {len(f.bare_s)} | {statistics.median(f.bare_s):.2f} "
            f"| {statistics.median(f.llem_s):.2f} | {f.ratio:.2f} | {first_token.MOST} "
            f"| {WORDS[f.holds]} |"
        )
    return "\n".join(lines)


def report(
    where: Mapping[str, Any],
    figures: list[Against],
    peer: Peer,
    variants: list[Compared],
    firsts: list[first_token.FirstToken],
) -> str:
    return (
        "# How near llem comes to plain transformers\n\n"
        f"{in_words(where)}. {where['threads']} threads of torch. Load average before and after: "
        f"{', '.join(f'{load:.1f}' for load in where['load_average'])}. Written by "
        "`hatch run bench:throughput`.\n\n"
        "## Useful tokens per second, against a plain loop\n\n"
        f"{against_table(figures)}\n\n"
        "Both halves use one model in memory, in fp32 with greedy decoding, and take turns. llem "
        f"takes the time of every step, inside a window of the meter {figures[0].meter}. The bound "
        f"is that of the median of the rounds' ratios, by their signs, over {against.PROCESSES} "
        "processes in turns with those of the other lines. Larger batches of gpt2 have "
        "shorter prompts and outputs, so that a round stays short: compare along a line, not down "
        "a column.\n\n"
        "### For orientation: optimum-benchmark\n\n"
        f"{peer_table(peer)}\n\n"
        "Its PyTorch backend and inference scenario at the same work, models and threads, with "
        "the calls of `generate` as it times them itself. It ran by itself, after the table above, "
        "and with a transformers of its own: this is no comparison, and has no verdict.\n\n"
        "## Ways of generating\n\n"
        f"{variant_table(variants)}\n\n"
        "Ragged: prompts of 4 to 64 tokens, outputs that end by themselves; a token that is "
        "padding, or comes after the end of its text, is not useful. What was compiled is paid for "
        "before the first round.\n\n"
        "## From the start of a process to its first token\n\n"
        f"{first_token_table(firsts)}\n\n"
        "Baseline, warm-up and heat are off, and the sensor card is cached. Both read one "
        "checkpoint folder, and the instant is that at which the token is on the host.\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure llem against plain transformers.")
    parser.add_argument("--scale", type=float, default=1.0, help="of the time for each figure")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--models", nargs="+", choices=sorted(SHAPES), default=list(SHAPES))
    options = parser.parse_args()
    shapes = [SHAPES[name] for name in options.models]
    import torch

    torch.set_num_threads(options.threads)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    loads = [os.getloadavg()[0]]
    seconds = {shape: PROCESS_SECONDS[shape] * options.scale for shape in shapes}
    figures = against.measure(shapes, seconds, options.threads)
    print(against_table(figures), flush=True)
    peer = orientation(shapes, options.threads, options.scale)
    print(peer_table(peer), flush=True)
    variants = [
        compared
        for shape in shapes
        for work in WORKS
        for compared in compare(shape, work, SECONDS[shape] * options.scale)
    ]
    print(variant_table(variants), flush=True)
    rounds = max(1, round(5 * options.scale))
    firsts = [first_token.measure(shape, rounds) for shape in shapes]
    print(first_token_table(firsts), flush=True)
    loads.append(os.getloadavg()[0])
    where = circumstances(
        ("llem-backend-pytorch", "torch", "transformers"),
        threads=options.threads,
        load_average=loads,
    )
    document = {
        "circumstances": where,
        "against_plain": [asdict(f) | {"holds": f.holds} for f in figures],
        "orientation": asdict(peer),
        "ways": [asdict(f) | {"verdict": f.verdict} for f in variants],
        "first_token": [asdict(f) | {"ratio": f.ratio, "holds": f.holds} for f in firsts],
    }
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    text = report(where, figures, peer, variants, firsts)
    (FOLDER / "results.md").write_text(text)
    return 1 if any(not figure.holds for figure in (*figures, *firsts)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
