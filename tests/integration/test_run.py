"""`llem run`, installed, as a process: what a person gets."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from llem_schema import measurement_config_hash, none_paths, unexplained
from llem_store import load_result
from llem_testing.process import SHORT_RUN, Command
from llem_testing.running import Finished

TINY = ("run", "--model", "builtin:tiny", "-n", "4", *SHORT_RUN)
ECHO = ("run", "-m", "acme:echo", "-b", "acme-echo", "--precision", "fp32", "-n", "4", *SHORT_RUN)
"""As above with a backend that computes nothing, where the engine does not matter."""
ACME = {"ACME_WATTMETER": '{"idle_w": 40.0, "busy_w": 100.0}'}


@dataclass(frozen=True)
class Ran:
    """A run that several tests look at."""

    done: Finished
    folder: Path


@pytest.fixture(scope="module")
def tiny(shared_llem: Command) -> Ran:
    """The built-in model without any sensor."""
    done = shared_llem(*TINY)
    assert done.code == 0, done.stderr
    (folder,) = shared_llem.run_folders()
    return Ran(done, folder)


@pytest.fixture(scope="module")
def metered(shared_llem: Command) -> Ran:
    """The built-in model under the third party's meter."""
    meter = ("--set=energy.meter=acme-wattmeter", "--set=energy.sample_period_s=0.02")
    done = shared_llem(*TINY, *meter, "-o", "metered", env=ACME)
    assert done.code == 0, done.stderr
    (folder,) = shared_llem.run_folders("metered")
    return Ran(done, folder)


class TestWithoutASensor:
    def test_it_ends_in_a_summary_and_a_complete_result(self, tiny: Ran) -> None:
        name = tiny.folder.name
        assert re.fullmatch(r"tiny_pytorch_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d", name)
        assert tiny.done.stdout.endswith(f"Saved to {Path('results') / name}\n")
        assert "not measured: no sensor can be read" in tiny.done.stdout
        result = load_result(tiny.folder).result
        assert result.energy_total_j is None
        assert result.not_measured["energy_total_j"].code == "no_sensor"
        assert {w.code for w in result.measurement_warnings} >= {"no_sensor", "dummy_weights"}
        assert result.timeseries is None
        assert result.flops is not None
        assert result.memory.peak_memory_mib > 0
        assert result.environment_snapshot.cpu.logical_cores > 0
        assert result.latency.ttft.mean_ms > 0

    def test_reasons_and_nones_belong_to_each_other(self, tiny: Ran) -> None:
        result = load_result(tiny.folder).result
        assert set(result.not_measured) == set(none_paths(result))

    def test_tokens_are_those_of_all_passes(self, tiny: Ran) -> None:
        result = load_result(tiny.folder).result
        assert result.requests == 4 * result.passes
        assert result.output_tokens == 6 * result.requests
        rows = pq.read_table(tiny.folder / "requests.parquet").to_pylist()
        assert len(rows) == result.requests
        assert {row["pass"] for row in rows} == set(range(result.passes))
        assert sum(row["input_tokens"] for row in rows) == result.input_tokens

    def test_progress_is_plain_lines_on_stderr(self, tiny: Ran) -> None:
        assert "measure: " in tiny.done.stderr
        assert "baseline: skipped" in tiny.done.stderr
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", tiny.done.stderr + tiny.done.stdout)


class TestOutput:
    def test_quiet_keeps_the_summary_alone(self, llem: Command) -> None:
        done = llem(*ECHO, "--quiet")
        assert done.stderr == ""
        assert "Throughput" in done.stdout

    def test_verbose_adds_a_line_for_every_event_and_no_json(self, llem: Command) -> None:
        lines = llem(*ECHO, "--verbose").stderr.splitlines()
        for expected in ("acme:echo on acme-echo", "measure: begins, 4 requests"):
            assert expected in lines
        assert any(line.startswith("measure: 4 of ") for line in lines)
        assert any(line.startswith("saved: ") for line in lines)
        assert not any(line.startswith("{") for line in lines)

    def test_json_is_alone_on_stdout_and_loads(self, llem: Command) -> None:
        done = llem(*ECHO, "--json")
        document = json.loads(done.stdout)
        (folder,) = llem.run_folders()
        assert Path(document["result_dir"]) == Path("results") / folder.name
        assert done.result() == load_result(folder).result
        (llem.folder / "printed.json").write_text(done.stdout)
        assert load_result(llem.folder / "printed.json").result == done.result()


class TestWithAMeter:
    def test_the_summary_names_meter_and_uncertainty(self, metered: Ran) -> None:
        assert "acme-wattmeter" in metered.done.stdout
        assert "per output token" in metered.done.stdout

    def test_the_figures_agree_with_what_the_meter_was_told(self, metered: Ran) -> None:
        result = load_result(metered.folder).result
        assert result.energy_total_j == pytest.approx(100.0 * result.window_duration_s, rel=1e-6)
        assert result.baseline_power_w == pytest.approx(40.0)
        assert result.energy_adjusted_j == pytest.approx(60.0 * result.window_duration_s, rel=1e-6)
        assert result.energy_per_device_j == {"host": result.energy_total_j}
        assert result.energy_per_output_token_j == pytest.approx(
            result.energy_total_j / result.output_tokens
        )

    def test_nothing_is_none_without_a_reason(self, metered: Ran) -> None:
        assert unexplained(load_result(metered.folder).result) == ()

    def test_the_hash_is_that_of_the_config(self, metered: Ran) -> None:
        result = load_result(metered.folder).result
        assert result.measurement_config_hash == measurement_config_hash(result.config)
        assert result.effective_config["batch_size"] == 1

    def test_the_series_is_beside_the_result(self, metered: Ran) -> None:
        run = load_result(metered.folder)
        assert run.result.timeseries == "timeseries.parquet"
        table = run.timeseries()
        assert table is not None
        rows = table.to_pylist()
        assert {row["device"] for row in rows} == {"host"}
        inside = [
            row
            for row in rows
            if run.result.window.start_ns <= row["monotonic_ns"] <= run.result.window.end_ns
        ]
        assert len(inside) == run.result.meter.samples > 0

    def test_loading_gives_what_was_saved(self, metered: Ran) -> None:
        written = json.loads((metered.folder / "result.json").read_text())
        assert load_result(metered.folder).result.model_dump(mode="json") == written

    def test_an_unset_meter_is_a_preflight_problem(self, llem: Command) -> None:
        done = llem(*ECHO, "--set=energy.meter=acme-wattmeter")
        assert done.code == 1
        assert "ACME_WATTMETER" in done.stderr
        assert llem.run_folders() == []


class TestModels:
    def test_a_folder_saved_by_transformers_runs(self, llem: Command, gpt2_folder: Path) -> None:
        done = llem(
            "run", "--model", str(gpt2_folder), "--backend", "pytorch", "-n", "3", *SHORT_RUN
        )
        assert done.code == 0, done.stderr
        (folder,) = llem.run_folders()
        assert folder.name.startswith("my-gpt2_pytorch_")
        result = load_result(folder).result
        assert result.model.shape.architecture == "gpt2"
        assert not result.model.dummy_weights
        assert result.flops is not None
        assert result.flops.confidence == "high"

    @pytest.mark.parametrize(
        "env", [{}, {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9"}]
    )
    def test_a_hub_model_without_hub_and_cache_is_a_preflight_report(
        self, llem: Command, env: dict[str, str]
    ) -> None:
        done = llem("run", "--model", "gpt2", "--backend", "pytorch", env=env)
        assert done.code == 1
        assert "'gpt2'" in done.stderr or "gpt2" in done.stderr
        assert "Traceback" not in done.stderr
        assert llem.run_folders() == []


class TestThirdPartyBackend:
    def test_it_runs_with_its_own_section(self, llem: Command) -> None:
        (llem.folder / "e.yaml").write_text(
            "model: acme:echo\nbackend: acme-echo\nprecision: fp32\nacme-echo: {step_ms: 0.5}\n"
        )
        done = llem("run", "e.yaml", "-n", "3", *SHORT_RUN, "--json")
        assert done.code == 0, done.stderr
        result = done.result()
        assert result.config.extension == {"acme-echo": {"step_ms": 0.5}}
        assert result.output_tokens == 6 * result.requests
        assert unexplained(result) == ()

    def test_it_appears_in_llem_config(self, llem: Command) -> None:
        done = llem("config")
        assert done.code == 0
        assert "acme-echo" in done.stdout
        assert "pytorch" in done.stdout
        backends = json.loads(llem("config", "--json").stdout)["backends"]
        assert {backend["name"] for backend in backends} >= {"acme-echo", "pytorch"}


class TestFileAndFlags:
    def test_a_flag_beats_the_file(self, llem: Command) -> None:
        (llem.folder / "e.yaml").write_text(
            "model: builtin:tiny\nn: 7\nmax_output_tokens: 3\npytorch: {batch_size: 4}\n"
        )
        result = llem(
            "run", "e.yaml", "-n", "2", "--batch-size", "2", *SHORT_RUN[1:], "--json"
        ).result()
        assert result.config.n == 2
        assert result.config.max_output_tokens == 3
        assert result.effective_config["batch_size"] == 2
        assert result.run_settings.origins["n"] == "flag"
        assert result.run_settings.origins["max_output_tokens"] == "file"

    def test_the_output_folder_is_the_parent(self, llem: Command) -> None:
        assert llem(*ECHO, "-o", "elsewhere").code == 0
        assert len(llem.run_folders("elsewhere")) == 1

    def test_the_user_config_is_read(self, llem: Command) -> None:
        (llem.folder / "user.yaml").write_text(
            "output: {results_dir: mine}\nmeasurement: {meter: acme-wattmeter}\n"
            "advanced: {sample_period_s: 0.05}\n"
        )
        done = llem(*ECHO, "--json", env={"LLEM_CONFIG": "user.yaml", **ACME})
        assert done.code == 0, done.stderr
        result = done.result()
        assert len(llem.run_folders("mine")) == 1
        assert result.meter.name == "acme-wattmeter"
        assert result.meter.sample_period_s == 0.05

    def test_a_dry_run_says_what_would_run_and_writes_nothing(self, llem: Command) -> None:
        done = llem(*ECHO, "--dry-run")
        assert done.code == 0, done.stderr
        assert "Nothing is in the way." in done.stdout
        assert list(llem.folder.iterdir()) == []

    def test_a_dry_run_estimates_the_memory_of_the_model(self, llem: Command) -> None:
        document = json.loads(llem(*TINY, "--dry-run", "--json").stdout)
        # 483,968 parameters of two bytes each, and keys and values for 38 positions
        assert document["memory_estimate"]["weights_mib"] == 483_968 * 2 / 2**20
        assert document["memory_estimate"]["kv_cache_mib"] == 2 * 2 * 128 * 38 * 2 / 2**20
        assert document["devices"][0]["uuid"] == "host"
        assert not any(problem["blocking"] for problem in document["problems"])


class TestTwoAtOnce:
    def test_two_runs_of_one_name_have_a_folder_each(self, llem: Command) -> None:
        # The model sleeps instead of computing, so that both start within one second.
        with llem.start(*ECHO) as one, llem.start(*ECHO) as two, llem.start(*ECHO) as three:
            ends = [run.finish() for run in (one, two, three)]
        assert [end.code for end in ends] == [0, 0, 0], ends
        folders = llem.run_folders()
        assert len(folders) == 3
        assert len({load_result(folder).result.experiment_id for folder in folders}) == 3
