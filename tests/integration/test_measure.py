"""`llem measure`: joules of any command, whose streams, signals and exit code stay its own."""

import math
import os
import re
import signal
import sys
import time
from dataclasses import dataclass

import pytest
from llem_schema import EnergyReading
from llem_testing.process import LLEM, Command
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    ConstantPower,
    Fault,
    Gpu,
    Scenario,
    SquareWave,
    Truth,
)

from .simulated_machine import simulated

NO_SENSOR = ("--meter", "none")
METERED, OTHER = "GPU-metered", "GPU-other"
GPUS = (
    Gpu(
        uuid=METERED,
        pci_bus_id="00000000:01:00.0",
        power=SquareWave(low_w=90.0, high_w=420.0, period_s=0.83),
        sensors=CONTINUOUS_COUNTER,
    ),
    Gpu(
        uuid=OTHER,
        pci_bus_id="00000000:81:00.0",
        power=ConstantPower(power_w=55.0),
        sensors=CONTINUOUS_COUNTER,
    ),
)
STAMPS = "import time; print(time.monotonic_ns()); time.sleep(2.0); print(time.monotonic_ns())"


def shell(llem: Command, script: str) -> Command:
    """A shell whose script runs `"$@"`: llem, with the arguments that it is started with."""
    return Command(llem.folder, llem.environ, ("/bin/sh", "-c", script, "sh", *llem.program))


@dataclass(frozen=True)
class Measured:
    """A command that has been measured on simulated GPUs."""

    reading: EnergyReading
    first_ns: int
    """Instant early in the command."""
    last_ns: int
    """Instant shortly before its end."""
    truth: Truth


@pytest.fixture(scope="module")
def measured(shared_llem: Command) -> Measured:
    scenario = Scenario(gpus=GPUS, start_ns=time.monotonic_ns())
    done = shared_llem(
        *("measure", "--json", "--", sys.executable, "-c", STAMPS),
        env=simulated(scenario, shared_llem.folder),
    )
    assert done.code == 0, done.stderr
    reading = EnergyReading.model_validate_json(done.stdout)
    first_ns, last_ns = map(int, done.stderr.split())
    return Measured(reading, first_ns, last_ns, Truth(scenario))


class TestEnergy:
    def test_is_the_true_one_within_its_uncertainty(self, measured: Measured) -> None:
        reading = measured.reading
        true_j = {
            gpu.uuid: measured.truth.energy_j(gpu.uuid, reading.start_ns, reading.end_ns)
            for gpu in GPUS
        }
        assert reading.uncertainty_j is not None
        assert reading.energy_j == pytest.approx(sum(true_j.values()), abs=reading.uncertainty_j)
        for device in reading.devices:
            of_device_j = 2 * math.hypot(*device.terms.values())
            assert device.energy_j == pytest.approx(true_j[device.uuid], abs=of_device_j)

    def test_is_that_of_the_whole_command(self, measured: Measured) -> None:
        assert measured.reading.start_ns < measured.first_ns
        assert measured.last_ns < measured.reading.end_ns
        assert measured.reading.duration_s == pytest.approx(2.0, abs=1.0)

    def test_is_read_by_the_best_meter(self, measured: Measured) -> None:
        assert measured.reading.method.startswith("counter_")
        assert "simulated_device" in measured.reading.flags

    def test_is_told_in_words_with_how_sure_it_is(self, llem: Command) -> None:
        scenario = Scenario(gpus=GPUS, start_ns=time.monotonic_ns())
        done = llem("measure", "--", "sleep", "1.2", env=simulated(scenario, llem.folder))
        assert (done.code, done.stdout) == (0, "")
        lines = done.stderr.splitlines()
        assert re.fullmatch(r"sleep 1\.2: 1\.\d{3} s, exit code 0", lines[0])
        energy = r"Energy        [\d.,]+ J ± [\d.]+ J \(k=2\), counter_\w+(\+\w+)?, gpu"
        assert re.fullmatch(energy, lines[1])
        assert re.fullmatch(r" {14}± [\d.]+ J \(k=2\) against other windows.*", lines[2])
        assert re.fullmatch(r"Power         [\d.]+ W mean, [\d.]+ W peak", lines[3])
        assert lines[4].startswith(f"Devices       {METERED}: ")
        assert lines[5].startswith(f"              {OTHER}: ")

    def test_is_of_the_devices_that_are_named(self, llem: Command) -> None:
        scenario = Scenario(gpus=GPUS, start_ns=time.monotonic_ns())
        arguments = ("measure", "--json", "--device", "cuda:1", "--", "sleep", "0.1")
        done = llem(*arguments, env=simulated(scenario, llem.folder))
        reading = EnergyReading.model_validate_json(done.stdout)
        assert [device.uuid for device in reading.devices] == [OTHER]


class TestWithoutASensor:
    def test_the_reading_says_why_and_the_time_is_measured(self, llem: Command) -> None:
        scenario = Scenario(gpus=GPUS, faults=(Fault(error="library_not_found"),))
        done = llem(
            *("measure", "--json", "--", "sh", "-c", "sleep 0.3; exit 3"),
            env=simulated(scenario, llem.folder),
        )
        assert done.code == 3
        reading = EnergyReading.model_validate_json(done.stdout)
        assert (reading.energy_j, reading.code) == (None, "no_sensor")
        assert "no sensor can be read" in (reading.reason or "")
        assert reading.duration_s >= 0.3

    def test_so_do_the_words(self, llem: Command) -> None:
        done = llem("measure", *NO_SENSOR, "--", "true")
        assert done.code == 0
        assert re.match(r"true: 0\.\d{3} s, exit code 0\n", done.stderr)
        assert "\nEnergy        not measured: no meter was asked for" in done.stderr


class TestEstimate:
    def test_of_next_to_no_cpu_time_is_bounded_by_clock_ticks(self, llem: Command) -> None:
        done = llem("measure", "--meter", "estimate", "--device", "cpu", "--json", "--", "true")
        reading = EnergyReading.model_validate_json(done.stdout)
        assert (reading.energy_j, reading.code) == (None, "unresolved_window")
        assert reading.upper_bound_j is not None
        assert reading.upper_bound_j > 12.0 / os.sysconf("SC_CLK_TCK")

    def test_at_a_power_that_is_none_is_refused_as_by_a_run(self, llem: Command) -> None:
        spoilt = {"LLEM_CPU_W_PER_CORE": "abc"}
        done = llem(
            *("measure", "--meter", "estimate", "--device", "cpu", "--json"),
            *("--", "touch", "started"),
            env=spoilt,
        )
        run = llem(
            *("run", "--model", "builtin:tiny", "--n", "1", "--set", "energy.meter=estimate"),
            *("--set", "pytorch.device=cpu"),
            env=spoilt,
        )
        refusal = done.stderr.splitlines()
        assert (done.code, done.stdout) == (run.code, "")
        assert "LLEM_CPU_W_PER_CORE='abc' is no power" in done.stderr
        assert run.stderr.splitlines()[-len(refusal) :] == refusal
        assert not (llem.folder / "started").exists()


class TestExitCode:
    @pytest.mark.parametrize("code", [0, 3, 255])
    def test_is_that_of_the_command(self, llem: Command, code: int) -> None:
        done = llem("measure", *NO_SENSOR, "--", "sh", "-c", f"exit {code}")
        assert done.code == code
        assert f"exit code {code}\n" in done.stderr

    def test_tells_the_signal_that_killed_it(self, llem: Command) -> None:
        assert llem("measure", *NO_SENSOR, "--", "sh", "-c", "kill -KILL $$").code == 137

    @pytest.mark.parametrize(("name", "code"), [("not-there", 127), ("./file", 126)])
    def test_tells_why_it_could_not_start(self, llem: Command, name: str, code: int) -> None:
        (llem.folder / "file").write_text("")
        for form in ((), ("--json",)):
            done = llem("measure", *NO_SENSOR, *form, "--", name)
            assert (done.code, done.stdout) == (code, "")
            assert re.match(rf"llem: cannot start '{name}': .*\n  .*\n$", done.stderr)

    def test_is_known_where_ended_children_are_forgotten(self, llem: Command) -> None:
        forgetful = (
            "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
            "os.execv(sys.argv[1], sys.argv[1:])"
        )
        starter = Command(llem.folder, llem.environ, (sys.executable, "-c", forgetful, *LLEM))
        assert starter("measure", *NO_SENSOR, "--", "sh", "-c", "exit 3").code == 3

    @pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
    def test_stays_where_the_reading_cannot_be_written(
        self, llem: Command, form: tuple[str, ...]
    ) -> None:
        full = shell(llem, 'exec "$@" >/dev/full 2>/dev/full')
        assert full("measure", *NO_SENSOR, *form, "--", "sh", "-c", "exit 3").code == 3


class TestCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("ls", "-l"), ["after `--`", "  llem measure -- ls -l\n"]),
            (("--json", "ls"), ["after `--`", "  llem measure -- ls\n"]),
            (("--jsn", "--", "ls", "a b"), ["'--jsn'", "  llem measure -- ls 'a b'\n"]),
            ((), ["there is no command", "  llem measure -- sleep 2\n"]),
            (("--",), ["there is no command"]),
            (("--meter", "nvlm", "--", "ls"), ["nvlm", "'nvml'"]),
            (("--device", "cuda:9", "--", "ls"), ["cuda:9"]),
        ],
        ids=" ".join,
    )
    def test_that_is_faulty_exits_2_and_runs_nothing(
        self, llem: Command, arguments: tuple[str, ...], words: list[str]
    ) -> None:
        (llem.folder / "listed").write_text("")
        done = llem("measure", *arguments)
        assert (done.code, done.stdout) == (2, "")
        assert "listed" not in done.stderr
        for word in words:
            assert word in done.stderr

    def test_leaves_the_commands_own_options_to_it(self, llem: Command) -> None:
        words = ("--json", "--help", "--version", "-v", "--", "@x")
        done = llem("measure", *NO_SENSOR, "--", "echo", *words)
        assert done.stdout == " ".join(words) + "\n"


class TestStreams:
    def test_are_those_of_the_command(self, llem: Command) -> None:
        fed = shell(llem, 'printf "a\\nb\\n" | "$@"')
        done = fed("measure", *NO_SENSOR, "--", "sh", "-c", "cat; echo beside >&2")
        assert done.stdout == "a\nb\n"
        assert done.stderr.startswith("beside\nsh -c ")

    def test_others_pass_to_it_too(self, llem: Command) -> None:
        (llem.folder / "file").write_text("inherited\n")
        opened = shell(llem, 'exec "$@" 5<file')
        assert opened("measure", *NO_SENSOR, "--", "cat", "/dev/fd/5").stdout == "inherited\n"

    def test_json_is_alone_on_stdout(self, llem: Command) -> None:
        done = llem("measure", *NO_SENSOR, "--json", "--", "sh", "-c", "echo out; echo err >&2")
        assert EnergyReading.model_validate_json(done.stdout).code == "no_sensor"
        assert done.stderr == "out\nerr\n"

    def test_a_pipe_that_closes_ends_the_command_as_ever(self, llem: Command) -> None:
        piped = shell(llem, '{ "$@"; echo $? >&2; } | true')
        done = piped("measure", *NO_SENSOR, "--", "sh", "-c", "while echo y; do :; done")
        assert done.stderr.endswith(f"\n{128 + signal.SIGPIPE}\n")
