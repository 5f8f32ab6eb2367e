import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from llem_contracts import Store, StoreError
from llem_store import FolderStore, load_result
from llem_store.handle import FolderRunHandle
from llem_store.tables import SAMPLES
from llem_testing import example_order, example_result, example_samples

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture
def folder(handle: FolderRunHandle) -> Path:
    """A complete run."""
    handle.append(example_samples())
    handle.commit(example_result(requests_file=None))
    return handle.path


class TestLoad:
    def test_a_folder_its_result_and_a_text_path_are_the_same_run(self, folder: Path) -> None:
        store: Store = FolderStore()
        first = load_result(folder)
        assert first == load_result(str(folder / "result.json")) == store.load(folder)
        assert first.path == folder

    def test_what_the_command_printed_finds_its_tables(self, folder: Path, tmp_path: Path) -> None:
        document = json.loads((folder / "result.json").read_text())
        printed = tmp_path / "printed.json"
        for stated in (str(folder), os.path.relpath(folder, tmp_path)):
            printed.write_text(json.dumps(document | {"result_dir": stated}))
            run = load_result(printed)
            assert run.path == folder
            table = run.timeseries()
            assert table is not None
            assert table.num_rows == 5

    def test_a_series_without_the_newer_columns_has_nothing_read_there(self, folder: Path) -> None:
        file = folder / "timeseries.parquet"
        old = pq.ParquetFile(file).read(["monotonic_ns", "device", "power_w", "energy_j"])
        pq.write_table(old, file)
        table = load_result(folder).timeseries()
        assert table is not None
        assert table.column_names == SAMPLES.names
        assert [row["throttle"] for row in table.to_pylist()] == [None] * 5

    def test_printed_without_a_folder_it_has_its_result(self, tmp_path: Path) -> None:
        printed = tmp_path / "printed.json"
        document = json.loads(example_result().model_dump_json())
        printed.write_text(json.dumps(document | {"result_dir": None}))
        assert load_result(printed).result == example_result()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(joules=FLOATS, seconds=FLOATS, effective=st.dictionaries(st.text("ab"), JSON))
    def test_every_finite_figure_comes_back_as_it_was(
        self, tmp_path: Path, joules: float, seconds: float, effective: dict[str, object]
    ) -> None:
        result = example_result(
            energy_total_j=joules, window_duration_s=seconds, effective_config=effective
        )
        handle = FolderStore().begin(example_order(tmp_path))
        handle.commit(result)
        assert load_result(handle.path).result == result


class TestLoadRefuses:
    def refusal(self, path: Path) -> str:
        with pytest.raises(StoreError) as caught:
            load_result(path)
        assert caught.value.cure
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_nothing_there(self, tmp_path: Path) -> None:
        assert "there is nothing at" in self.refusal(tmp_path / "gone")

    def test_a_path_below_a_file(self, folder: Path) -> None:
        assert "cannot be read" in self.refusal(folder / "result.json" / "x")

    def test_a_path_that_no_system_takes(self) -> None:
        assert "cannot be read" in self.refusal(Path("a\0b"))

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        assert "holds no result.json" in self.refusal(tmp_path)

    def test_a_folder_of_runs(self, folder: Path) -> None:
        with pytest.raises(StoreError, match="holds 1 of them") as caught:
            load_result(folder.parent)
        assert folder.name in (caught.value.cure or "")

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"3", b"{}"])
    def test_what_is_no_result(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "result.json"
        file.write_bytes(content)
        assert "this is not" in self.refusal(tmp_path)

    def test_json_nested_without_end(self, tmp_path: Path) -> None:
        file = tmp_path / "deep.json"
        file.write_text("[" * 100_000)
        assert str(file) in self.refusal(file)

    def test_a_newer_version(self, folder: Path) -> None:
        file = folder / "result.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"schema_version": 2}))
        with pytest.raises(StoreError, match=r"schema version 2, and the newest .* is 1") as caught:
            load_result(folder)
        assert caught.value.cure == "Upgrade the llem packages."

    def test_a_field_of_the_wrong_type(self, folder: Path) -> None:
        file = folder / "result.json"
        document = json.loads(file.read_text()) | {"passes": "1", "requests": "2"}
        file.write_text(json.dumps(document))
        message = self.refusal(folder)
        assert "passes" in message
        assert "and 1 more" in message

    def test_an_infinite_figure(self, folder: Path) -> None:
        file = folder / "result.json"
        file.write_text(
            file.read_text().replace('"energy_total_j": 200.0', '"energy_total_j": 1e999')
        )
        assert "energy_total_j" in self.refusal(folder)


class TestTables:
    def test_a_table_that_is_not_there_is_told(self, folder: Path) -> None:
        (folder / "timeseries.parquet").unlink()
        with pytest.raises(StoreError, match=r"names timeseries\.parquet, which is not there"):
            load_result(folder).timeseries()

    def test_a_damaged_table_is_told(self, folder: Path) -> None:
        (folder / "timeseries.parquet").write_bytes(b"PAR1")
        with pytest.raises(StoreError, match="cannot be read"):
            load_result(folder).timeseries()

    @pytest.mark.parametrize("name", ["../x.parquet", "/etc/passwd", "..", ""])
    def test_a_name_outside_the_folder_is_refused(self, folder: Path, name: str) -> None:
        file = folder / "result.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"timeseries": name}))
        with pytest.raises(StoreError):
            load_result(folder).timeseries()

    def test_a_table_of_another_folder_is_not_read(self, folder: Path) -> None:
        shutil.copy(folder / "timeseries.parquet", folder.parent / "theirs.parquet")
        file = folder / "result.json"
        elsewhere = {"timeseries": "../theirs.parquet"}
        file.write_text(json.dumps(json.loads(file.read_text()) | elsewhere))
        with pytest.raises(StoreError, match="outside its folder"):
            load_result(folder).timeseries()
