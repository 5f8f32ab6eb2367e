"""Zsh and fish complete llem's command lines; a machine without them skips its tests (CLI-01)."""

import os
import shutil
from pathlib import Path

import pytest
from llem_testing.process import LLEM, Command
from llem_testing.terminal import in_terminal

COMPLETED = [
    ("llem run --dr", "--dry-run"),
    ("llem run -m builtin:tinyl", "builtin:tinyllama-1.1b"),
    ("llem run --set warmup.thermal_", "warmup.thermal_floor_seconds="),
    ("llem run --set=warmup.thermal=p", "--set=warmup.thermal=plateau"),
    ("llem show --sort energy_to", "energy_total_j"),
    ("llem show --columns path,mod", "path,model"),
]
"""What is typed, and what its last word becomes."""


def shell(llem: Command, name: str, *options: str) -> Command:
    """The shell, in which `llem` is the command under test."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"there is no {name}")
    path = os.pathsep.join([str(Path(LLEM[0]).parent), llem.environ["PATH"]])
    environ = {**llem.environ, "PATH": path}
    return Command(llem.folder, environ, (program, *options))


class TestFish:
    def test_completes(self, llem: Command) -> None:
        fish = shell(llem, "fish")
        assert llem("--install-completion", "fish").code == 0
        asked = "; ".join(f"complete -C '{line}'" for line, _ in COMPLETED)
        done = fish("-c", asked)
        offered = [line.partition("\t")[0] for line in done.stdout.splitlines()]
        assert offered == [word for _, word in COMPLETED]


class TestZsh:
    def test_completes_once_its_start_up_file_is_told(self, llem: Command) -> None:
        zsh = shell(llem, "zsh", "-i")
        home = Path(llem.environ["HOME"])
        (home / ".zshrc").write_text("PS1='ready> '\n")
        assert llem("--install-completion", "zsh").code == 0
        with in_terminal(zsh, columns=100, rows=40, env={"ZDOTDIR": str(home)}) as terminal:
            for line, word in COMPLETED:
                terminal.wait_until_shows("ready>")
                terminal.type(f"{line}\t")
                terminal.wait_until_shows(f"{line.rpartition(' ')[0]} {word}")
                terminal.type("\x15\x0c")  # an empty line, on an empty screen
            terminal.type("exit\r")
            terminal.finish()
