"""The installed `llem` command as a process, for end-to-end tests."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from llem_schema import ExperimentResult, result_from_json

LLEM = Path(sys.executable).parent / "llem"

SHORT_RUN = (
    "--set=max_output_tokens=6",
    "--set=max_input_tokens=32",
    "--set=min_window_s=0.2",
    "--set=warmup.n_warmup=1",
    "--set=warmup.thermal=off",
    "--set=baseline.duration_seconds=0.3",
)
"""Settings that keep a run to what its test looks at."""


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    def result(self) -> ExperimentResult:
        """The result that `--json` printed."""
        return result_from_json(self.stdout)


@dataclass(frozen=True)
class Command:
    """`llem` in a folder, without network, user config or sensor."""

    folder: Path
    environ: Mapping[str, str]

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Finished:
        done = subprocess.run(
            [LLEM, *arguments],
            cwd=self.folder,
            env={**self.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the command and leave it running."""
        return subprocess.Popen(
            [LLEM, *arguments],
            cwd=self.folder,
            env={**self.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_folders(self, parent: str = "results") -> list[Path]:
        """Folders under the results folder."""
        place = self.folder / parent
        return sorted(place.iterdir()) if place.exists() else []


def isolated_environ(folder: Path) -> dict[str, str]:
    """This process's environment without user config, model cache, network or device choice."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("LLEM_", "HF_", "ACME_", "CUDA_", "TRANSFORMERS_"))
    }
    return kept | {"LLEM_CONFIG": "none", "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf")}
