"""The command in a terminal, and the same without one (CLI-08, CLI-09, CLI-11, CLI-14)."""

import re

import pytest
from llem_testing.process import Command
from llem_testing.terminal import CTRL_C, Terminal, in_terminal

from .echo import ECHO, LATE_PHASES, METER, METERED, PHASES, lingering_in, run_on
from .side_plugin import install_backend

SLOWER = (
    *ECHO,
    *METERED,
    "--set=baseline.duration_seconds=1.1",
    "--set=warmup.n_warmup=20",
    "--set=min_window_s=0.6",
)
"""Long enough for each phase to move."""

LOADS_FOR_A_WHILE = """
def create(settings):
    return ScriptedBackend(SystemClock(), load_s=LOAD_S)
"""
PLANS_FOR_A_WHILE = """
class Planning(ScriptedBackend):
    def plan(self, config, devices):
        self.clock.sleep(0.6)
        return super().plan(config, devices)


def create(settings):
    return Planning(SystemClock())
"""
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def slow_to_load(llem: Command, load_s: float) -> dict[str, str]:
    source = LOADS_FOR_A_WHILE.replace("LOAD_S", str(load_s))
    return install_backend(llem.folder.parent / "plugins", "slow", source)


def lines_about(terminal: Terminal, phase: str) -> list[str]:
    """What the screen said of a phase, one instant after the other; no more than one at once."""
    found: list[str] = []
    for instant in terminal.instants():
        lines = [line for line in instant if line.startswith(f"{phase}:")]
        assert len(lines) <= 1, instant
        found += [line for line in lines if line not in found[-1:]]
    return found


@pytest.fixture(scope="module")
def finished(shared_llem: Command) -> Terminal:
    """A terminal in which a run has come to its end."""
    with in_terminal(shared_llem, *SLOWER, rows=60, env=METER) as terminal:
        assert terminal.finish().code == 0, terminal.lines
    return terminal


class TestLiveLines:
    @pytest.mark.parametrize(("phase", "unit"), [("warm-up", "runs"), ("measure", "requests")])
    def test_a_bar_with_an_eta_gives_way_to_the_time_it_took(
        self, finished: Terminal, phase: str, unit: str
    ) -> None:
        *bars, last = lines_about(finished, phase)
        assert len(bars) > 1
        eta = r"\[\d\d:\d\d<(\?|\d\d:\d\d)\]"
        for bar in bars:
            assert re.fullmatch(rf"{phase}: [█▏▎▍▌▋▊▉ ]{{24}} \d+/\d+ {unit} {eta}", bar)
        assert re.fullmatch(rf"{phase}: \d+\.\d s", last)

    def test_the_baseline_counts_down(self, finished: Terminal) -> None:
        *countdown, last = lines_about(finished, "baseline")
        left = [int(line.split()[-3]) for line in countdown]
        assert left == sorted(left, reverse=True)
        assert (left[0], left[-1]) == (2, 0)
        assert re.fullmatch(r"baseline: \d+\.\d s", last)

    @pytest.mark.parametrize("phase", LATE_PHASES)
    def test_what_follows_the_window_has_a_bar_too(self, llem: Command, phase: str) -> None:
        arguments, env = lingering_in(phase, llem, 0.5)
        with in_terminal(llem, *arguments, rows=60, env=env) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        *bars, last = lines_about(terminal, phase)
        eta = r"\[\d\d:\d\d<(\?|\d\d:\d\d)\]"
        done = [
            re.fullmatch(rf"{phase}: [█▏▎▍▌▋▊▉ ]{{24}} (\d+)/\d+ requests {eta}", x) for x in bars
        ]
        assert [int(match[1]) for match in done if match][:2] == [0, 1]
        assert all(done)
        assert re.fullmatch(rf"{phase}: \d+\.\d s", last)

    def test_a_cold_start_has_no_warm_up_and_moves_like_any_other(self, llem: Command) -> None:
        with in_terminal(llem, *SLOWER, "--set=cold_start=true", rows=60, env=METER) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        assert len(lines_about(terminal, "measure")) > 2
        assert lines_about(terminal, "heat")[-1].startswith("heat: skipped, ")
        assert lines_about(terminal, "prefill")[-1].startswith("prefill: skipped, at a cold start")
        assert lines_about(terminal, "warm-up")[-1].startswith("warm-up: skipped, ")

    def test_the_heat_counts_down(self, llem: Command) -> None:
        with in_terminal(llem, *ECHO, *METERED, *PHASES["heat"], env=METER) as terminal:
            terminal.wait_until_shows(" 60 s left")
            terminal.wait_until_shows(" 59 s left")

    def test_a_spinner_turns_while_the_model_loads(self, llem: Command) -> None:
        with in_terminal(llem, *run_on("slow"), env=slow_to_load(llem, 0.8)) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        *spinning, last = lines_about(terminal, "load")
        assert len({line.split()[1] for line in spinning}) > 1
        assert all(re.fullmatch(r"load: [|/\\-] \d s", line) for line in spinning)
        assert re.fullmatch(r"load: \d+\.\d s", last)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("run", "-m", "m", "-b", "planning", "--precision", "fp32", "--dry-run"),
            *[("config", "-m", "m", "--set=backend=planning", "--set=precision=fp32", "--check")],
        ],
        ids=["dry-run", "check"],
    )
    def test_a_spinner_turns_while_a_run_is_only_checked(
        self, llem: Command, arguments: tuple[str, ...]
    ) -> None:
        plugins = llem.folder.parent / "plugins"
        env = install_backend(plugins, "planning", PLANS_FOR_A_WHILE)
        with in_terminal(llem, *arguments, rows=60, env=env) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        spinning = lines_about(terminal, "pre-flight")
        assert len({line.split()[1] for line in spinning}) > 1
        assert not any(line.startswith("pre-flight:") for line in terminal.lines)

    def test_the_summary_is_all_that_follows(self, finished: Terminal) -> None:
        text = "\n".join(finished.lines)
        assert re.search(r"save: \d\.\d s\nacme:echo on acme-echo, fp32", text)
        assert finished.lines[-1].startswith("Saved to results/")
        assert not re.search(r"\d+/\d+ (runs|requests)|s left|: [|/\\-] \d", text)

    def test_quiet_shows_the_summary_alone(self, llem: Command) -> None:
        with in_terminal(llem, *ECHO, "--quiet", rows=60, env={"NO_COLOR": "1"}) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        assert terminal.lines[0].startswith("acme:echo on acme-echo, fp32")
        assert b"\x1b" not in terminal.raw


class TestWidth:
    @pytest.mark.parametrize("columns", [20, 40])
    def test_no_live_line_is_wider_than_the_terminal(self, llem: Command, columns: int) -> None:
        with in_terminal(llem, *SLOWER, columns=columns, rows=60, env=METER) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        for phase in ("baseline", "warm-up", "measure"):
            *live, last = lines_about(terminal, phase)
            assert live
            for line in live:
                assert len(line) <= columns - 3
                assert re.search(r"\d/\d| \d+ s( left)?$", line)
            assert re.fullmatch(rf"{phase}: \d+\.\d s", last)

    def test_a_narrow_terminal_gets_a_summary_that_fits(self, llem: Command) -> None:
        with in_terminal(llem, *ECHO, "-q", columns=60, rows=60) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        at = next(i for i, line in enumerate(terminal.lines) if line.startswith("Energy  "))
        assert terminal.lines[at + 1].startswith(" " * 14)  # a hanging indent, no cut word
        words = " ".join(terminal.lines).split()
        assert "Energy was not measured:" in " ".join(words)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("config",), "no meter: every reading is empty and says why"),
            (("config", "--check"), "`llem config` says what each meter lacks"),
            ((*ECHO, "--dry-run"), "what a pass takes beyond its window's least time"),
            ((*ECHO, "--set=zzzzzzzz=1"), "max_output_tokens, methodology, min_window_s"),
            (("measure", "--", "true"), "`llem config` lists the meters"),
        ],
        ids=["config", "check", "dry-run", "refusal", "measure"],
    )
    def test_a_narrow_terminal_gets_no_cut_word(
        self, llem: Command, arguments: tuple[str, ...], words: str
    ) -> None:
        with in_terminal(llem, *arguments, columns=45, rows=99) as terminal:
            terminal.finish()
        assert words in " ".join(" ".join(terminal.lines).split())

    def test_a_window_that_is_made_narrow_gets_a_shorter_bar(self, llem: Command) -> None:
        with in_terminal(llem, *ECHO, *PHASES["measure"], columns=100) as terminal:
            terminal.wait_until_shows(" requests [")
            terminal.resize(40, 24)
            assert not any("[" in line for line in terminal.lines)  # it was cut off
            lines = terminal.wait_until_shows("[00:")
        (bar,) = [line for line in lines if line.startswith("measure:")]
        assert re.fullmatch(r"measure: (.{6} )?\d+/\d+ \[\d\d:\d\d<\d\d:\d\d\]", bar)


class TestCtrlC:
    @pytest.mark.parametrize("phase", PHASES)
    def test_ends_every_phase_and_leaves_no_bar(self, llem: Command, phase: str) -> None:
        run = (*ECHO, *METERED, *PHASES[phase])
        with in_terminal(llem, *run, columns=400, env=METER) as terminal:
            terminal.wait_until_shows(f"{phase}: ")
            terminal.type(CTRL_C)
            assert terminal.finish().code == 130
        (folder,) = llem.run_folders()
        assert terminal.lines[-2:] == (
            f"note: What was measured until then is in {folder}.",
            "llem: interrupted",
        )
        assert not any(line.startswith(f"{phase}:") or "^C" in line for line in terminal.lines)

    @pytest.mark.parametrize("phase", LATE_PHASES)
    def test_ends_what_follows_the_window(self, llem: Command, phase: str) -> None:
        arguments, env = lingering_in(phase, llem, 60.0)
        with in_terminal(llem, *arguments, columns=400, env=env) as terminal:
            terminal.wait_until_shows(" 1/4 requests")
            terminal.wait_until_shows(f"{phase}: ")
            terminal.type(CTRL_C)
            assert terminal.finish().code == 130
        (folder,) = llem.run_folders()
        assert terminal.lines[-1] == "llem: interrupted"
        assert str(folder) in terminal.lines[-2]
        assert not any(line.startswith(f"{phase}:") for line in terminal.lines)

    def test_ends_a_cold_start_and_leaves_no_bar(self, llem: Command) -> None:
        cold = (*ECHO, *METERED, *PHASES["measure"], "--set=cold_start=true")
        with in_terminal(llem, *cold, columns=400, env=METER) as terminal:
            terminal.wait_until_shows("measure: ")
            terminal.type(CTRL_C)
            assert terminal.finish().code == 130
        assert len(llem.run_folders()) == 1
        assert terminal.lines[-1] == "llem: interrupted"

    def test_ends_a_load_and_leaves_no_spinner(self, llem: Command) -> None:
        with in_terminal(llem, *run_on("slow"), env=slow_to_load(llem, 60.0)) as terminal:
            terminal.wait_until_shows("load: ")
            terminal.type(CTRL_C)
            assert terminal.finish().code == 130
        assert terminal.lines[-1] == "llem: interrupted"
        assert not any("load:" in line or "^C" in line for line in terminal.lines)
        assert llem.run_folders() == []


class TestPipe:
    """What goes to a pipe is plain, whatever the other stream is."""

    def test_progress_in_a_pipe_has_no_control_characters(self, llem: Command) -> None:
        with in_terminal(llem, *SLOWER, pipes=["stderr"], env=METER) as terminal:
            progress = terminal.finish().stderr
        assert progress.splitlines()[0] == "acme:echo on acme-echo"
        assert re.search(r"^measure: \d\.\d s$", progress, re.MULTILINE)
        assert not CONTROL.search(progress)
        assert terminal.lines[0].startswith("acme:echo on acme-echo, fp32")

    def test_a_result_in_a_pipe_is_json_alone_beside_live_progress(self, llem: Command) -> None:
        with in_terminal(llem, *SLOWER, "--json", pipes=["stdout"], env=METER) as terminal:
            result = terminal.finish().result()
        assert result.requests > 0
        assert len(lines_about(terminal, "measure")) > 1
        assert terminal.lines[-1].startswith("save: ")


class TestColour:
    def test_a_summary_has_bold_labels_and_yellow_codes(self, finished: Terminal) -> None:
        assert b"\x1b[1mEnergy\x1b[0m" in finished.raw
        assert b"\x1b[33mshort_window:\x1b[0m" in finished.raw

    def test_a_run_has_none_where_it_is_not_wanted(self, llem: Command) -> None:
        (llem.folder / "user.yaml").write_text("ui: {color: never, progress: plain}\n")
        run = (*ECHO, *METERED)
        with in_terminal(
            llem, *run, rows=60, env={**METER, "LLEM_CONFIG": "user.yaml"}
        ) as terminal:
            assert terminal.finish().code == 0, terminal.lines
        assert b"\x1b" not in terminal.raw  # no live line either
        assert lines_about(terminal, "measure")

    @pytest.mark.parametrize(
        "arguments", [("--help",), ("run", "--help"), ("config",), ("run",), ("rnu",)], ids=" ".join
    )
    def test_there_is_none_where_it_is_not_wanted(
        self, llem: Command, arguments: tuple[str, ...]
    ) -> None:
        with in_terminal(llem, *arguments, env={"NO_COLOR": "1"}) as terminal:
            terminal.finish()
        assert terminal.raw
        assert not COLOUR.search(terminal.raw)

    @pytest.mark.parametrize(
        "arguments", [("--help",), ("run", "--help"), ("config",)], ids=" ".join
    )
    def test_there_is_none_in_a_pipe(self, llem: Command, arguments: tuple[str, ...]) -> None:
        done = llem(*arguments)
        assert done.stdout
        assert not CONTROL.search(done.stdout + done.stderr)
