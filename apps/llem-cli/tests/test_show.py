"""`llem show`: one result in detail, a folder as a table, and what is wrong with either."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import llem
import pytest
from llem_cli.show import show
from llem_schema import ENERGY_ESTIMATED, result_from_json
from llem_store import FolderStore
from llem_testing import (
    FakeClock,
    example_order,
    example_requests,
    example_result,
    example_samples,
    example_unmetered_result,
)

Output = Callable[[], str]


@pytest.fixture
def output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Output:
    """What was printed; the command runs in an empty folder, with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLEM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LLEM_CONFIG", "none")
    return lambda: capsys.readouterr().out


@pytest.fixture
def run(tmp_path: Path, output: Output) -> Path:
    """A complete run, as the command in its folder names it."""
    handle = FolderStore(FakeClock()).begin(example_order(tmp_path / "results"))
    handle.append(example_samples(20, example_result().meter.devices[0], start_ns=5_000_000_000))
    handle.requests(example_requests())
    handle.commit(example_result())
    return handle.path.relative_to(tmp_path)


def let_it_die(run: Path) -> None:
    """The process that the run's state names began at another time: it is gone."""
    state = json.loads((run / "state.json").read_text())
    state["process"]["started_ticks"] += 1
    (run / "state.json").write_text(json.dumps(state))


@pytest.fixture
def folder(tmp_path: Path, run: Path) -> Path:
    """Results of every kind: three complete ones, a partial, a killed and a broken one."""
    store = FolderStore(FakeClock())
    results = tmp_path / "results"
    for name, tokens_per_s in (("fast", 1234.5), ("slow", 2.0)):
        handle = store.begin(example_order(results / name))
        result = example_unmetered_result if name == "slow" else example_result
        handle.commit(result(output_tokens_per_s=tokens_per_s))
    for name in ("partial", "killed"):
        handle = store.begin(example_order(results / name))
        handle.state("measuring", "measure")
        handle.append(example_samples())
        handle.requests(example_requests())
        if name == "partial":
            handle.abandon("the fan fell off")
        else:
            let_it_die(handle.path)
    (results / "broken").mkdir()
    (results / "broken" / "result.json").write_text("{")
    return results


class TestOneResult:
    def test_has_all_that_a_reviewer_asks(self, run: Path, output: Output) -> None:
        assert show(run) == 0
        shown = output()
        result = example_result()
        for title in (
            "Energy ",
            "Power",
            "Configuration",
            "Effective configuration",
            "Meter",
            "Error terms, 1 sigma",
            "Intervals",
            "Baseline",
            "Warm-up",
            "Environment",
            "Notes",
            "Not measured",
            "Files",
        ):
            assert f"\n{title}" in shown
        assert f"Saved to {run}" in shown
        assert result.meter.reason in shown
        assert result.measurement_config_hash in shown
        assert f"at commit {result.model.commit}" in shown
        assert "n: 8 (flag)" in shown
        assert "gain: 5.65 J" in shown
        assert "output tokens/s: 15.68 to 16.32 (95%, over 8 batches)" in shown
        assert "J per output token: 6.19 J to 6.31 J (95%, over 8 batches)" in shown
        assert "passed over: nvml: there is no driver" in shown
        assert result.warmup_result.heat.note in shown
        assert result.reproducibility_notes[0] in shown
        for path, why in result.not_measured.items():
            assert f"{why.code}: {why.reason}\n" in shown
            assert f"    {path}\n" in shown
        assert "timeseries.parquet: " in shown
        assert " window\n" in shown

    def test_fields_at_their_defaults_are_not_repeated(self, run: Path, output: Output) -> None:
        show(run)
        configuration = output().partition("\nConfiguration\n")[2].partition("\n\n")[0]
        assert "max_output_tokens: 4" in configuration
        assert "random_seed" not in configuration
        assert "warmup" not in configuration

    def test_as_json_is_the_result_with_its_folder(self, run: Path, output: Output) -> None:
        assert show(run, json_=True) == 0
        printed = output()
        assert json.loads(printed)["result_dir"] == str(run)
        assert result_from_json(printed) == example_result()

    def test_is_the_same_by_its_file(self, run: Path, output: Output) -> None:
        show(run)
        by_folder = output()
        assert show(run / "result.json") == 0
        assert output() == by_folder

    def test_without_a_sensor_says_why_each_part_is_missing(
        self, tmp_path: Path, output: Output
    ) -> None:
        handle = FolderStore().begin(example_order(tmp_path))
        handle.commit(example_unmetered_result(requests_file=None))
        assert show(handle.path) == 0
        shown = output()
        assert "Energy        not measured: no sensor can be read" in shown
        assert "Power\n  none: see above\n" in shown
        assert "Baseline\n  none: see above\n" in shown

    def test_whose_series_is_gone_is_still_shown(self, run: Path, output: Output) -> None:
        (run / "timeseries.parquet").unlink()
        assert show(run) == 0
        shown = output()
        assert "which is not there" in shown
        assert "timeseries.parquet: not there" in shown

    def test_whose_names_steer_a_terminal_does_not(self, tmp_path: Path, output: Output) -> None:
        handle = FolderStore().begin(example_order(tmp_path))
        evil = example_result().model_copy(update={"reproducibility_notes": ("\x1b[2Jgone",)})
        handle.commit(evil)
        show(handle.path)
        shown = output()
        assert "\x1b" not in shown
        assert "?[2Jgone" in shown

    @pytest.mark.parametrize(
        ("name", "word"), [("partial", "fan fell off"), ("killed", "ended without a word")]
    )
    def test_that_has_none_shows_why_and_what_is_left(
        self, folder: Path, output: Output, name: str, word: str
    ) -> None:
        (left,) = (folder / name).iterdir()
        assert show(left) == 0
        shown = output()
        assert word in shown
        assert "timeseries." in shown
        rows = dict(line.split(maxsplit=1) for line in shown.splitlines()[1:])
        assert rows["Model"] == "builtin:tiny"
        assert (rows["State"], rows["Phase"]) == (
            ("failed", "measure") if name == "partial" else ("measuring", "measure")
        )
        assert (rows["Samples"], rows["Requests"]) == ("5", "3")

    def test_that_has_none_and_lost_a_table_is_still_shown(
        self, folder: Path, output: Output
    ) -> None:
        (left,) = (folder / "partial").iterdir()
        (left / "timeseries.parquet").unlink()
        assert show(left) == 0
        assert "names timeseries.parquet, which is not there" in output()

    def test_that_is_broken_is_an_error(self, folder: Path) -> None:
        with pytest.raises(llem.StoreError, match="this is not JSON"):
            show(folder / "broken")


class TestTable:
    def test_has_a_row_for_every_run_and_a_reason_for_each_without_a_result(
        self, folder: Path, output: Output
    ) -> None:
        assert show() == 0
        shown = output()
        lines = shown.splitlines()
        assert lines[0].split()[:2] == ["result", "state"]
        table, _, rest = shown.partition("\n\nWithout a result\n")
        assert len(table.splitlines()) == 7
        assert "broken: broken: result.json: this is not JSON" in rest
        assert "partial: the fan fell off" in rest
        assert "unfinished: its process ended without a word" in rest
        assert lines[-1] == "3 results, 1 broken, 1 partial, 1 unfinished"

    def test_has_no_state_where_all_are_complete(self, run: Path, output: Output) -> None:
        show(run.parent)
        lines = output().splitlines()
        assert "state" not in lines[0]
        assert lines[-1] == "1 result"
        assert "6.25 ± 0.38" in lines[1]

    @pytest.mark.parametrize("key", ["output_tokens_per_s", "tokens/s"])
    def test_is_sorted_with_what_has_no_figure_last(
        self, folder: Path, output: Output, key: str
    ) -> None:
        def order(*, reverse: bool) -> list[str]:
            show(folder, sort=key, reverse=reverse, columns="state,output_tokens_per_s")
            return [line.split()[-1] for line in output().partition("\n\n")[0].splitlines()[1:]]

        lacking = ["broken", "unfinished", "partial"]
        assert order(reverse=False) == ["2.000", "16.00", "1,234", *lacking]
        assert order(reverse=True) == ["1,234", "16.00", "2.000", *lacking]

    def test_shows_so_many_at_most_and_says_so(self, folder: Path, output: Output) -> None:
        show(folder, limit=2, columns="path,model")
        shown = output()
        assert len(shown.partition("\n\n")[0].splitlines()) == 3
        assert shown.rstrip().endswith("; 2 of 6 shown")

    def test_an_estimate_is_called_one(self, tmp_path: Path, output: Output) -> None:
        meter = example_result().meter.model_copy(update={"flags": (ENERGY_ESTIMATED,)})
        FolderStore().begin(example_order(tmp_path / "r")).commit(example_result(meter=meter))
        show(tmp_path / "r")
        assert "6.25 ± 0.38 est." in output()
        show(tmp_path / "r", csv=True)
        (row,) = csv.DictReader(io.StringIO(output()))
        assert row["energy_estimated"] == "True"

    def test_as_csv_has_every_column_to_the_last_digit(self, folder: Path, output: Output) -> None:
        show(folder, csv=True)
        rows = list(csv.DictReader(io.StringIO(output())))
        assert len(rows) == 6
        entries = {str(entry.path): entry for entry in llem.catalogue(folder)}
        for row in rows:
            entry = entries[row["path"]]
            assert row["state"] == entry.state
            for name in ("energy_total_j", "output_tokens_per_s", "ttft_p50_ms"):
                value = getattr(entry, name)
                assert row[name] == ("" if value is None else repr(value))

    def test_as_json_is_a_list_with_an_object_per_run(self, folder: Path, output: Output) -> None:
        show(folder, json_=True)
        rows = json.loads(output())
        assert [row["path"] for row in rows] == [str(e.path) for e in llem.catalogue(folder)]
        show(folder, json_=True, columns="model,state", limit=1)
        assert json.loads(output()) == [{"model": None, "state": "broken"}]

    def test_in_markdown_is_a_table(self, folder: Path, output: Output) -> None:
        show(folder, markdown=True, columns="path,n")
        lines = output().splitlines()
        assert lines[:3] == ["| result | n |", "|---|---:|", "| broken |  |"]
        assert len(lines) == 8

    def test_all_columns_may_be_asked_for(self, run: Path, output: Output) -> None:
        show(run, columns="all")
        assert "measurement" not in output()  # the hash is called `config`
        show(run, csv=True, columns="all")
        assert output().splitlines()[0].startswith("path,state,reason")


class TestMistakes:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("modl", "model"),
            ("energy_totl_j", "energy_total_j"),
            ("enrgy", "energy_total_j"),
            ("ttft", "ttft_p50_ms"),
            ("tokns", "output_tokens_per_s"),
            ("j/tokn", "energy_per_output_token_j"),
        ],
    )
    def test_a_column_that_is_none_gets_the_nearest(
        self, output: Output, typed: str, meant: str
    ) -> None:
        for arguments in ({"sort": typed}, {"columns": f"path,{typed}"}):
            with pytest.raises(llem.ConfigError) as caught:
                show(**arguments)
            assert f"Did you mean {meant}?" in (caught.value.cure or "")

    def test_a_place_where_nothing_is_is_an_error_with_a_cure(
        self, tmp_path: Path, output: Output
    ) -> None:
        for place in (None, tmp_path / "absent", tmp_path):
            with pytest.raises(llem.StoreError) as caught:
                show(place)
            assert caught.value.cure

    def test_two_forms_at_once_are_refused(self, output: Output) -> None:
        with pytest.raises(llem.ConfigError, match="one form"):
            show(csv=True, json_=True)

    def test_fewer_than_no_rows_are_refused(self, output: Output) -> None:
        with pytest.raises(llem.ConfigError, match="-1"):
            show(limit=-1)


class TestWhere:
    def test_the_user_config_names_the_folder(
        self, tmp_path: Path, output: Output, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        FolderStore().begin(example_order(tmp_path / "elsewhere")).commit(example_result())
        config = tmp_path / "user.yaml"
        config.write_text(f"output: {{results_dir: {tmp_path / 'elsewhere'}}}\n")
        monkeypatch.setenv("LLEM_CONFIG", str(config))
        assert show() == 0
        assert output().rstrip().endswith("1 result")

    def test_nothing_is_written_among_the_results(self, folder: Path, output: Output) -> None:
        before = sorted(folder.rglob("*"))
        show(folder)
        assert sorted(folder.rglob("*")) == before
