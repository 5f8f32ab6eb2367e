"""Time from the start of a process to the first token: `llem run` against a bare script.

Baseline, warm-up and heat are off, the sensor card is cached by a run before, and both read the
same checkpoint folder. The bare script has the prompt that llem takes first.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from contenders import SETTINGS, Shape, config_of
from llem_backend_pytorch import PyTorchBackend

MOST = 1.25
SCRIPT = Path(__file__).with_name("bare_first_token.py")
LLEM = str(Path(sys.executable).with_name("llem"))
PROMPT = "Why is the sky blue?"


@dataclass(frozen=True)
class FirstToken:
    """Seconds to the first token, round by round."""

    label: str
    bare_s: Sequence[float]
    llem_s: Sequence[float]

    @property
    def ratio(self) -> float:
        """Median over rounds of llem's time over that of the script beside it."""
        pairs = zip(self.llem_s, self.bare_s, strict=True)
        return statistics.median(ours / bare for ours, bare in pairs)

    @property
    def holds(self) -> bool:
        return self.ratio <= MOST


def measure(shape: Shape, rounds: int) -> FirstToken:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checkpoint = saved(shape, folder / "model")
        prompts = folder / "prompts.txt"
        prompts.write_text(PROMPT + "\n")
        _llem_s(checkpoint, prompts, folder)  # caches the sensor card, and the files in memory
        bare_s, llem_s = [], []
        for _ in range(rounds):
            bare_s.append(_bare_s(checkpoint))
            llem_s.append(_llem_s(checkpoint, prompts, folder))
        return FirstToken(shape.label, bare_s, llem_s)


def saved(shape: Shape, folder: Path) -> Path:
    from llem_backend_pytorch.byte_tokenizer import byte_tokenizer

    with PyTorchBackend(SETTINGS).load(config_of(shape, 1, 1)) as model:
        model._generator.model.save_pretrained(folder)  # type: ignore[union-attr]
    byte_tokenizer().save_pretrained(folder)
    return folder


def _bare_s(checkpoint: Path) -> float:
    start_ns, output = _run([sys.executable, str(SCRIPT), str(checkpoint), PROMPT], checkpoint)
    return (int(output) - start_ns) / 1e9


def _llem_s(checkpoint: Path, prompts: Path, folder: Path) -> float:
    from llem import load_result

    settings = {
        "cold_start": "true",
        "baseline.enabled": "false",
        "min_window_s": "0",
        "max_output_tokens": "1",
        "precision": "fp32",
    }
    command = [LLEM, "run", "--model", str(checkpoint), "-d", str(prompts), "-n", "1", "--json"]
    command += [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    start_ns, output = _run([*command, "-o", str(folder / "results")], folder)
    requests = load_result(folder / json.loads(output)["result_dir"]).requests()
    assert requests is not None
    return (requests.column("first_token_ns")[0].as_py() - start_ns) / 1e9


def _run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """When a command that must succeed was started, and what it said."""
    own = {"LLEM_CONFIG": "none", "HF_HUB_OFFLINE": "1", "LLEM_CACHE_DIR": str(folder / "cache")}
    start_ns = time.monotonic_ns()
    done = subprocess.run(
        command, cwd=folder, env=os.environ | own, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")
    return start_ns, done.stdout
