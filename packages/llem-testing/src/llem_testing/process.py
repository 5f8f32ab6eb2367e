"""The installed `llem` command as a process, for end-to-end tests."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from llem_testing.family import MARK, Family
from llem_testing.launch import launch
from llem_testing.running import GUARD_S, Finished, Running

LLEM = (str(Path(sys.executable).parent / "llem"),)

SHORT_RUN = (
    "--set=max_output_tokens=6",
    "--set=max_input_tokens=32",
    "--set=min_window_s=0.2",
    "--set=warmup.n_warmup=1",
    "--set=warmup.thermal=off",
    "--set=baseline.duration_seconds=0.3",
)
"""Settings that keep a run to what its test looks at."""

_FOREIGN = ("ACME_", "CUDA_", "HF_", "LLEM_", "TQDM_", "TRANSFORMERS_", "XDG_")
"""Beginnings of variables that change what a run does or where it writes."""
_OF_THE_SCREEN = frozenset(
    {"COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM", "TTY_COMPATIBLE"}
)


@dataclass(frozen=True)
class Command:
    """A program in a folder, in an environment of its own; see `isolated`."""

    folder: Path
    environ: Mapping[str, str]
    program: tuple[str, ...] = LLEM

    def __call__(
        self, *arguments: str, env: Mapping[str, str] | None = None, within_s: float = 2 * GUARD_S
    ) -> Finished:
        """Run to the end."""
        with self.start(*arguments, env=env) as running:
            return running.finish(within_s)

    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, patience_s: float = 5.0
    ) -> Running:
        """Start it, with pipes for stdout and stderr. Its children must end `patience_s` later."""
        environ = self.environ_of_one(env)
        process, readable = launch((*self.program, *arguments), self.folder, environ)
        return Running(process, Family(environ[MARK]), readable, patience_s)

    def environ_of_one(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment with `env`, for one process and the children that it will have."""
        return {**self.environ, **(env or {}), MARK: Family.new_mark(self.environ[MARK])}

    def run_folders(self, parent: str = "results") -> list[Path]:
        """Folders under the results folder."""
        place = self.folder / parent
        return sorted(place.iterdir()) if place.exists() else []


@contextmanager
def isolated(place: Path) -> Iterator[Command]:
    """`llem` in an empty folder, without network, user config, sensor or choice of devices.

    Home, caches and temporary files lie below `place` too. At the end, what still runs is killed.
    """
    environ = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(_FOREIGN) and key not in _OF_THE_SCREEN
    }
    folders = {name: place / name for name in ("work", "home", "tmp")}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    home = folders["home"]
    command = Command(
        folders["work"],
        environ
        | {
            "HOME": str(home),
            "TMPDIR": str(folders["tmp"]),
            "HF_HOME": str(home / "hf"),
            "HF_HUB_OFFLINE": "1",
            "LLEM_CACHE_DIR": str(home / "llem"),
            "LLEM_CONFIG": "none",
            MARK: Family.new_mark(),
        },
    )
    try:
        yield command
    finally:
        Family(command.environ[MARK]).kill()
