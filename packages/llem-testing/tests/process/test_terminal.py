"""A command in a terminal: what the screen shows at each instant, keys, size."""

import signal
from collections.abc import Callable

import pytest
from llem_testing.process import Command
from llem_testing.screen import Screen
from llem_testing.terminal import CTRL_BACKSLASH, CTRL_C, in_terminal

Script = Callable[[str], Command]

COUNT_ON_ONE_LINE = """
import sys
for number in range(5):
    sys.stderr.write(f"\\r{number} of 4")
sys.stderr.write("\\r\\x1b[K")
print("done")
"""
WAIT = """
import time
try:
    print("ready")
    time.sleep(600)
except KeyboardInterrupt:
    print("stopped")
    raise SystemExit(130)
"""
TELL_SIZES = """
import os, signal
def tell(*_):
    os.write(1, b"%d %d\\n" % os.get_terminal_size())
signal.signal(signal.SIGWINCH, tell)
tell()
while True:
    signal.pause()
"""


class TestScreen:
    def test_long_lines_wrap_and_control_characters_move(self) -> None:
        screen = Screen(10, 4)
        screen.feed(b"0123456789abc\r\nover\rOV\r\n")
        assert screen.lines == ("0123456789", "abc", "OVer")

    def test_the_end_of_what_was_written_scrolls_in(self) -> None:
        screen = Screen(10, 2)
        screen.feed(b"one\r\ntwo\r\nthree")
        assert screen.lines == ("two", "three")

    def test_half_a_character_waits_for_the_other(self) -> None:
        screen = Screen(10, 2)
        for byte in "▌ü".encode():
            screen.feed(bytes([byte]))
        assert screen.lines == ("▌ü",)


class TestTerminal:
    def test_both_streams_are_one_screen(self, script: Script) -> None:
        source = "import sys; print('out'); print('err', file=sys.stderr)"
        with in_terminal(script(source)) as terminal:
            done = terminal.finish()
        assert (done.code, done.stdout, done.stderr) == (0, "", "")
        assert terminal.lines == ("out", "err")
        assert terminal.raw == b"out\r\nerr\r\n"

    @pytest.mark.parametrize(("pipe", "seen"), [("stdout", "False True"), ("stderr", "True False")])
    def test_one_stream_may_go_to_a_pipe(self, script: Script, pipe: str, seen: str) -> None:
        source = f"import sys; print(sys.stdout.isatty(), sys.stderr.isatty(), file=sys.{pipe})"
        with in_terminal(script(source), pipes=[pipe]) as terminal:
            done = terminal.finish()
        assert {"stdout": done.stdout, "stderr": done.stderr}[pipe] == f"{seen}\n"
        assert terminal.lines == ("",)

    def test_each_instant_is_seen_however_short(self, script: Script) -> None:
        with in_terminal(script(COUNT_ON_ONE_LINE)) as terminal:
            assert terminal.wait_until_shows("2 of") == ("2 of 4",)
            assert terminal.lines == ("2 of 4",)
            terminal.finish()
        assert terminal.lines == ("done",)
        shown = dict.fromkeys(terminal.instants())
        assert list(shown) == [("",), *((f"{n} of 4",) for n in range(5)), ("done",)]

    def test_what_is_never_shown_is_told_with_the_screen(self, script: Script) -> None:
        with (
            in_terminal(script("print('hello')")) as terminal,
            pytest.raises(
                AssertionError, match=r"'bye' on the screen did not come\nscreen:\nhello"
            ),
        ):
            terminal.wait_until_shows("bye")

    @pytest.mark.parametrize(
        ("key", "code", "last"),
        [(CTRL_C, 130, "^Cstopped"), (CTRL_BACKSLASH, -signal.SIGQUIT, "^\\")],
    )
    def test_keys_become_signals(self, script: Script, key: str, code: int, last: str) -> None:
        with in_terminal(script(WAIT)) as terminal:
            terminal.wait_until_shows("ready")
            terminal.type(key)
            assert terminal.finish().code == code
        assert terminal.lines[-1].endswith(last)

    def test_ctrl_c_reaches_the_children_in_the_foreground_too(self, script: Script) -> None:
        source = f"""if True:
            import signal, subprocess, sys
            signal.signal(signal.SIGINT, lambda *_: None)
            child = subprocess.Popen([sys.executable, "-u", "-c", {WAIT!r}])
            print("child", child.wait())
        """
        with in_terminal(script(source)) as terminal:
            terminal.wait_until_shows("ready")
            terminal.type(CTRL_C)
            assert terminal.finish().code == 0
        assert terminal.lines[-1] == "child 130"

    def test_what_is_typed_is_read(self, script: Script) -> None:
        with in_terminal(script("print(input('name? ').upper())")) as terminal:
            terminal.wait_until_shows("name?")
            terminal.type("ada\r")
            terminal.finish()
        assert terminal.lines == ("name? ada", "ADA")

    def test_a_new_size_is_told_and_drawn(self, script: Script) -> None:
        with in_terminal(script(TELL_SIZES), columns=40, rows=10) as terminal:
            terminal.wait_until_shows("40 10")
            terminal.resize(100, 30)
            terminal.wait_until_shows("100 30")
            assert list(terminal.instants())[-1] == terminal.lines == ("40 10", "100 30")

    def test_it_controls_the_session(self, script: Script) -> None:
        source = "import os; print(os.tcgetpgrp(os.open('/dev/tty', os.O_RDWR)) == os.getpgrp())"
        with in_terminal(script(source)) as terminal:
            terminal.finish()
        assert terminal.lines == ("True",)
