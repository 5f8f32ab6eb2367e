"""`llem show` on what `llem run` has saved, from the installed command."""

import json
import re

from llem_schema import result_from_json
from llem_testing.process import Command
from llem_testing.terminal import in_terminal

from .echo import ECHO, METER, METERED


class TestShow:
    def test_a_run_is_listed_and_shown_in_detail_as_it_was_printed(self, llem: Command) -> None:
        ran = llem(*ECHO, *METERED, "--json", env=METER)
        assert ran.code == 0, ran.stderr
        result_dir = json.loads(ran.stdout)["result_dir"]
        listed = llem("show")
        assert listed.code == 0, listed.stderr
        assert listed.stderr == ""
        name = result_dir.partition("/")[2]
        assert any(line.startswith(name) for line in listed.stdout.splitlines())
        again = llem("show", result_dir, "--json")
        assert result_from_json(again.stdout) == result_from_json(ran.stdout)
        assert json.loads(again.stdout)["result_dir"] == result_dir
        with in_terminal(llem, "show", result_dir, columns=60, rows=200) as terminal:
            assert terminal.finish().code == 0
        lines = terminal.lines
        assert any(re.fullmatch(r" *(\[=*\]|\|) window", line) for line in lines)
        assert any("W over" in line for line in lines)
        with in_terminal(llem, "show", columns=50) as terminal:
            assert terminal.finish().code == 0
        head, row = terminal.lines[:2]  # what was shown while it read is gone
        assert head.split()[-1] == "J/token"
        assert max(len(head), len(row)) <= 50

    def test_nothing_there_and_a_wrong_column_say_what_to_do(self, llem: Command) -> None:
        done = llem("show", "nowhere")
        assert (done.code, done.stdout) == (1, "")
        assert len(done.stderr.splitlines()) == 2
        done = llem("show", "--sort", "modle")
        assert (done.code, done.stdout) == (2, "")
        assert "Did you mean model?" in done.stderr
