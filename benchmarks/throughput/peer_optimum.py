"""optimum-benchmark's PyTorch backend over saved models: the command that `peer.py` starts.

    python peer_optimum.py cases.json answers.json

It runs in the environment `peer`, whose transformers is older than llem's. A model that
transformers 5 has saved needs no change: its `rope_parameters` hold the defaults of transformers 4.

The inline launcher, since the one that isolates a process spins on a core while it waits. The
threads are set here and not by its config, which takes the two kinds of threads for each other.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from optimum_benchmark import (
    Benchmark,
    BenchmarkConfig,
    InferenceConfig,
    InlineConfig,
    PyTorchConfig,
)


def generate_s(case: dict[str, Any]) -> list[float]:
    """Seconds of each call of `generate`, as optimum-benchmark reports them."""
    config = BenchmarkConfig(
        name="throughput",
        launcher=InlineConfig(),
        backend=PyTorchConfig(
            model=case["folder"],
            task="text-generation",
            library="transformers",
            device="cpu",
            torch_dtype="float32",
        ),
        scenario=InferenceConfig(
            input_shapes={
                "batch_size": case["batch_size"],
                "sequence_length": case["prompt_tokens"],
            },
            generate_kwargs={
                "max_new_tokens": case["output_tokens"],
                "min_new_tokens": case["output_tokens"],
            },
            duration=case["seconds"],
            iterations=case["least_calls"],
        ),
    )
    return [float(value) for value in Benchmark.launch(config).generate.latency.values]


def main() -> None:
    cases, answers = map(Path, sys.argv[1:])
    work = json.loads(cases.read_text())
    torch.set_num_threads(work["threads"])
    document = {
        "packages": {
            name: version(name) for name in ("optimum-benchmark", "torch", "transformers")
        },
        "generate_s": [generate_s(case) for case in work["cases"]],
    }
    answers.write_text(json.dumps(document))


if __name__ == "__main__":
    main()
