"""What several processes bring, and what the pipes to them cost.

Three ways to answer the same prompts of `builtin:tiny`, each process with one thread:

- **here**: the model in this process, as `pytorch.num_processes: 1` runs it;
- **one**: a single copy in a process of its own, so that only the pipe is added;
- **two**: two copies.

All three are loaded at once. Every round has a pass of each, in changing order. A pass is timed as
the window does it, until the last answer is there. The cost of the pipe is the median over the
rounds of how much longer **one** takes than **here**; the gain is how much faster **two** is than
**here**, of 2 at most. Both come with a 95 % interval (bootstrap over the rounds). Figures, no
verdict: they depend on what else the cores do, so the load while it ran is part of the report.
Run with `hatch run bench:parallel`.
"""

import json
import os
import platform
import random
import statistics
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import torch
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.replicated import load_replicas
from llem_contracts import GenerationRequest, LoadedModel
from llem_schema import ExperimentConfig, PyTorchConfig, RunSettings

FOLDER = Path(__file__).parent
ROUNDS = 15
PROMPTS, PROMPT_TOKENS, OUTPUT_TOKENS, BATCH_SIZE = 32, 64, 32, 4
RESAMPLES = 2_000


def config(copies: int) -> ExperimentConfig:
    """A workload of equal prompts and outputs of fixed length."""
    return ExperimentConfig(
        model="builtin:tiny",
        precision="fp32",
        n=PROMPTS,
        max_output_tokens=OUTPUT_TOKENS,
        pytorch=PyTorchConfig(device="cpu", batch_size=BATCH_SIZE, num_processes=copies),
    )


def prompts() -> list[GenerationRequest]:
    return [
        GenerationRequest(index, tuple((index + place) % 250 for place in range(PROMPT_TOKENS)))
        for index in range(PROMPTS)
    ]


def seconds_of_a_pass(model: LoadedModel, requests: list[GenerationRequest]) -> float:
    model.synchronize()
    start_ns = time.monotonic_ns()
    model.generate(requests)
    model.synchronize()
    return (time.monotonic_ns() - start_ns) / 1e9


def measured(models: dict[str, LoadedModel]) -> list[dict[str, float]]:
    """Seconds of a pass by way, round by round; the first round warms up and is left out."""
    requests, order = prompts(), random.Random(0)
    rounds = []
    for _ in range(ROUNDS + 1):
        names = order.sample(list(models), len(models))
        rounds.append({name: seconds_of_a_pass(models[name], requests) for name in names})
    return rounds[1:]


def interval(values: list[float]) -> tuple[float, float, float]:
    """Median with its 95 % interval."""
    draw = random.Random(0)
    medians = sorted(
        statistics.median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES)
    )
    low, high = medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES)]
    return statistics.median(values), low, high


def main() -> int:
    torch.set_num_threads(1)
    loads = [os.getloadavg()[0]]
    with ExitStack() as stack:
        models: dict[str, LoadedModel] = {
            "here": stack.enter_context(PyTorchBackend(RunSettings()).load(config(1))),
            "one": stack.enter_context(closing(load_replicas(config(1), RunSettings()))),
            "two": stack.enter_context(closing(load_replicas(config(2), RunSettings()))),
        }
        rounds = measured(models)
    loads.append(os.getloadavg()[0])
    where = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "operating_system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": metadata.version("transformers"),
        "load_before": round(loads[0], 2),
        "load_after": round(loads[1], 2),
    }
    figures = {
        "pipe_cost_share": interval([r["one"] / r["here"] - 1 for r in rounds]),
        "gain_of_two": interval([r["here"] / r["two"] for r in rounds]),
    }
    document = {"circumstances": where, "rounds_s": rounds, "figures": figures}
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    text = report(where, rounds, figures)
    (FOLDER / "results.md").write_text(text)
    print(text)
    return 0


def report(
    where: dict[str, object],
    rounds: list[dict[str, float]],
    figures: dict[str, tuple[float, float, float]],
) -> str:
    tokens = PROMPTS * OUTPUT_TOKENS
    rows = []
    for name in ("here", "one", "two"):
        seconds = [r[name] for r in rounds]
        median_s = statistics.median(seconds)
        rows.append(
            f"| {name} | {median_s:.3f} | {min(seconds):.3f} to {max(seconds):.3f} "
            f"| {tokens / median_s:.0f} |"
        )
    cost, gain = figures["pipe_cost_share"], figures["gain_of_two"]
    return "\n".join(
        [
            "# Several processes",
            "",
            ", ".join(f"{key} {value}" for key, value in where.items()) + ".",
            "",
            f"{PROMPTS} prompts of {PROMPT_TOKENS} tokens, {OUTPUT_TOKENS} output tokens each, "
            f"batches of {BATCH_SIZE}, one thread in each process, {len(rounds)} rounds.",
            "",
            "| model in | pass, s, median | range | tokens/s |",
            "|---|---:|---:|---:|",
            *rows,
            "",
            f"The pipe: {cost[0]:+.1%} of a pass (95 %: {cost[1]:+.1%} to {cost[2]:+.1%}).",
            "",
            f"Two processes: {gain[0]:.2f} times as fast as one (95 %: {gain[1]:.2f} to "
            f"{gain[2]:.2f}).",
            "",
        ]
    )


if __name__ == "__main__":
    raise SystemExit(main())
