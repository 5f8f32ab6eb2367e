"""`llem --version`, and what the command says of itself."""

import llem_cli
import pytest
from llem_testing.process import Command


class TestVersion:
    def test_is_that_of_the_package(self, llem: Command) -> None:
        done = llem("--version")
        assert (done.code, done.stdout, done.stderr) == (0, f"{llem_cli.__version__}\n", "")


class TestHelp:
    @pytest.mark.parametrize("command", ["run", "show", "config", "measure"])
    def test_names_every_command(self, llem: Command, command: str) -> None:
        done = llem("--help")
        assert done.code == 0
        assert any(line.split()[:1] == [command] for line in done.stdout.splitlines())
