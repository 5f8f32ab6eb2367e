"""What several processes bring, and what the pipes to them cost.

Three ways to answer the same prompts of `builtin:tiny`, each process with one thread:

- **here**: the model in this process, as `pytorch.num_processes: 1` runs it;
- **one**: a single copy in a process of its own, so that only the pipe is added;
- **two**: two copies.

All three are loaded at once. Every round has a pass of each, in changing order. A pass is timed as
the window does it, until the last answer is there. The cost of the pipe is the median over the
rounds of how much longer **one** takes than **here**; the gain is how much faster **two** is than
**here**, of 2 at most. Both come with a 95 % interval of that median. Figures, no verdict: they
depend on what else the cores do, so the load while it ran is part of the report.
Run with `hatch run bench:parallel`.
"""

import json
import os
import statistics
import sys
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import torch
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.replicated import load_replicas
from llem_contracts import GenerationRequest, LoadedModel
from llem_schema import ExperimentConfig, PyTorchConfig, RunSettings

sys.path.insert(0, str(Path(__file__).parents[1]))
from circumstances import circumstances, in_words
from paired import Rounds, alternate, interval

FOLDER = Path(__file__).parent
ROUNDS = 15
PROMPTS, PROMPT_TOKENS, OUTPUT_TOKENS, BATCH_SIZE = 32, 64, 32, 4


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


def one_pass(model: LoadedModel, requests: list[GenerationRequest]) -> None:
    model.synchronize()
    model.generate(requests)
    model.synchronize()


def main() -> int:
    torch.set_num_threads(1)
    loads = [os.getloadavg()[0]]
    with ExitStack() as stack:
        models: dict[str, LoadedModel] = {
            "here": stack.enter_context(PyTorchBackend(RunSettings()).load(config(1))),
            "one": stack.enter_context(closing(load_replicas(config(1), RunSettings()))),
            "two": stack.enter_context(closing(load_replicas(config(2), RunSettings()))),
        }
        requests = prompts()
        passes = {name: partial(one_pass, model, requests) for name, model in models.items()}
        rounds = alternate(passes, seconds=0.0, least=ROUNDS)
    loads.append(os.getloadavg()[0])
    where = circumstances(
        ("llem-backend-pytorch", "torch", "transformers"),
        load_average=loads,
    )
    slower = [here_share - 1 for here_share in rounds.ratios("here", "one")]
    figures = {
        "pipe_cost_share": (statistics.median(slower), *interval(slower)),
        "gain_of_two": (
            statistics.median(rounds.ratios("two", "here")),
            *interval(rounds.ratios("two", "here")),
        ),
    }
    document = {"circumstances": where, "rounds_s": dict(rounds.seconds), "figures": figures}
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    text = report(where, rounds, figures)
    (FOLDER / "results.md").write_text(text)
    print(text)
    return 0


def report(
    where: Mapping[str, Any],
    rounds: Rounds,
    figures: dict[str, tuple[float, float, float]],
) -> str:
    tokens = PROMPTS * OUTPUT_TOKENS
    rows = []
    for name, seconds in rounds.seconds.items():
        median_s = rounds.median(name)
        rows.append(
            f"| {name} | {median_s:.3f} | {min(seconds):.3f} to {max(seconds):.3f} "
            f"| {tokens / median_s:.0f} |"
        )
    cost, gain = figures["pipe_cost_share"], figures["gain_of_two"]
    return "\n".join(
        [
            "# Several processes",
            "",
            f"{in_words(where)}. Load average before and after: "
            f"{', '.join(f'{load:.1f}' for load in where['load_average'])}. Written by "
            "`hatch run bench:parallel`.",
            "",
            f"{PROMPTS} prompts of {PROMPT_TOKENS} tokens, {OUTPUT_TOKENS} output tokens each, "
            f"batches of {BATCH_SIZE}, one thread in each process, {ROUNDS} rounds.",
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
