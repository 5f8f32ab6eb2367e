"""`llem config --check` from the installed command (CLI-06, CM-30)."""

import json
import time

from llem_testing.process import Command
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    ConstantPower,
    Gpu,
    GpuProcess,
    PowerLimits,
    Scenario,
)

from .simulated_machine import simulated

EXPERIMENT = "model: acme:echo\nbackend: acme-echo\nprecision: fp32\nn: 4\n"


class TestMachine:
    def test_has_everything_about_its_gpu_in_one_report(self, llem: Command) -> None:
        gpu = Gpu(
            uuid="GPU-shared",
            power=ConstantPower(power_w=55.0),
            sensors=CONTINUOUS_COUNTER,
            persistence_mode=False,
            limits=PowerLimits(current_w=400.0),
            processes=(GpuProcess(pid=1, memory_mib=2048),),
            mig_mode=True,
        )
        scenario = Scenario(gpus=(gpu,), start_ns=time.monotonic_ns())
        done = llem("config", "--check", "--json", env=simulated(scenario, llem.folder))
        assert done.code == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["blocked"] is False
        assert {problem["code"] for problem in document["problems"]} == {
            "persistence_off",
            "power_limit_lowered",
            "device_in_use",
            "mig_parent",
        }

    def test_whose_results_folder_is_a_file_exits_1(self, llem: Command) -> None:
        (llem.folder / "results").write_text("")
        done = llem("config", "--check")
        assert done.code == 1
        lines = done.stdout.splitlines()
        assert lines[:2] == ["Pre-flight of this machine", "In the way"]
        assert "results" in lines[2]
        assert done.stderr == ""


class TestExperiment:
    def test_is_checked_without_running(self, llem: Command) -> None:
        (llem.folder / "e.yaml").write_text(EXPERIMENT)
        done = llem("config", "e.yaml", "--check")
        assert done.code == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0] == "Pre-flight of acme:echo on acme-echo, fp32"
        assert lines[-2:] == ["Nothing is in the way.", "Next: llem run e.yaml"]
        assert [path.name for path in llem.folder.iterdir()] == ["e.yaml"]

    def test_that_a_run_would_refuse_is_refused_in_the_same_words(self, llem: Command) -> None:
        (llem.folder / "e.yaml").write_text(EXPERIMENT + "dataset: none.jsonl\n")
        checked = llem("config", "e.yaml", "--check")
        ran = llem("run", "e.yaml")
        assert (checked.code, ran.code) == (1, 1)
        sentence = "  - there is no file none.jsonl"
        assert sentence in checked.stdout.splitlines()
        assert sentence in ran.stderr.splitlines()
