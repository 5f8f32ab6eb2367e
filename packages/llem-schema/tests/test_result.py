"""Results explain what they lack, and are read back by their version (RES-05, RES-10)."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from llem_schema import (
    SCHEMA_VERSION,
    DocumentError,
    ExperimentConfig,
    ExperimentResult,
    FrozenDict,
    WorkOrder,
    none_paths,
    order_from_json,
    result_from_json,
    unexplained,
)
from pydantic import ValidationError

GOLDEN = Path(__file__).with_name("goldens") / "result" / "v1" / "full.json"


def as_document(result: ExperimentResult, **changes: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(result.model_dump_json())
    return document | changes


class TestNonePaths:
    def test_names_every_none_by_its_dotted_path(self, result: ExperimentResult) -> None:
        assert set(none_paths(result)) == set(result.not_measured)

    def test_follows_the_order_of_the_document(self, result: ExperimentResult) -> None:
        fields = list(ExperimentResult.model_fields)
        positions = [fields.index(path.split(".")[0]) for path in none_paths(result)]
        assert positions == sorted(positions)

    def test_leaves_out_what_was_chosen_rather_than_measured(
        self, result: ExperimentResult
    ) -> None:
        assert result.effective_config["eos"] == (0, None)
        assert result.config.pytorch is None
        assert result.run_settings.results_dir is None
        tops = {path.split(".")[0] for path in none_paths(result)}
        assert not tops & {"config", "effective_config", "run_settings"}

    def test_counts_positions_in_lists(self, result: ExperimentResult) -> None:
        backend = result.backend.model_copy(
            update={"environment": FrozenDict({"gpus": (FrozenDict({"name": None}), None)})}
        )
        paths = none_paths(result.model_copy(update={"backend": backend}))
        assert "backend.environment.gpus.0.name" in paths
        assert "backend.environment.gpus.1" in paths


class TestUnexplained:
    def test_is_empty_for_a_sound_result(self, result: ExperimentResult) -> None:
        assert unexplained(result) == ()

    def test_names_what_has_no_reason(self, result: ExperimentResult) -> None:
        reasons = {path: why for path, why in result.not_measured.items() if path != "latency.itl"}
        poorer = result.model_copy(update={"not_measured": FrozenDict(reasons)})
        assert unexplained(poorer) == ("latency.itl",)


class TestWalk:
    """Nothing that may be None escapes it, whatever the result holds."""

    CHOSEN = ("config", "effective_config", "run_settings", "not_measured")

    def places(self, value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Every place in a JSON document outside of what was chosen."""
        keys: Iterable[Any] = ()
        if isinstance(value, dict):
            keys = [key for key in value if place or key not in self.CHOSEN]
        elif isinstance(value, list):
            keys = range(len(value))
        for key in keys:
            yield (*place, key)
            yield from self.places(value[key], (*place, key))

    def test_tells_each_place_where_a_none_is_valid(self) -> None:
        full = GOLDEN.read_text(encoding="utf-8")
        missed, told = [], 0
        for place in self.places(json.loads(full)):
            document = json.loads(full)
            inner = document
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = None
            try:
                poorer = ExperimentResult.model_validate_json(json.dumps(document))
            except ValidationError:
                continue
            told += 1
            if unexplained(poorer) != (".".join(map(str, place)),):
                missed.append(place)
        assert missed == []
        assert told > 100


class TestResult:
    def test_sets_every_field_explicitly(self) -> None:
        assert [
            name for name, field in ExperimentResult.model_fields.items() if not field.is_required()
        ] == []

    def test_is_frozen_in_its_lists(self, result: ExperimentResult) -> None:
        assert type(result.reproducibility_notes) is tuple


class TestOrderFromJson:
    ORDER = WorkOrder(experiment_id="e", config=ExperimentConfig(model="m"))

    def test_gives_back_what_was_written(self) -> None:
        assert order_from_json(self.ORDER.model_dump_json()) == self.ORDER

    def test_refuses_a_newer_version_and_says_what_to_do(self) -> None:
        newer = json.loads(self.ORDER.model_dump_json()) | {"schema_version": 2, "shards": 3}
        with pytest.raises(DocumentError, match="Upgrade the llem packages") as caught:
            order_from_json(json.dumps(newer))
        assert "this work order has schema version 2" in str(caught.value)

    def test_refuses_an_order_without_a_version(self) -> None:
        text = self.ORDER.model_dump_json(exclude={"schema_version"})
        with pytest.raises(DocumentError, match="states no schema_version"):
            order_from_json(text)


class TestResultFromJson:
    def test_gives_back_what_was_written(self, result: ExperimentResult) -> None:
        assert result_from_json(result.model_dump_json()) == result

    def test_reads_bytes(self, result: ExperimentResult) -> None:
        assert result_from_json(result.model_dump_json(indent=2).encode()) == result

    @pytest.mark.parametrize("folder", ["results/tiny", None])
    def test_reads_what_the_command_line_prints(
        self, result: ExperimentResult, folder: str | None
    ) -> None:
        printed = json.dumps(as_document(result, result_dir=folder))
        assert result_from_json(printed) == result

    @pytest.mark.parametrize(
        "text", ["", "{", "not json", b"\xff\xfe", "[" * 100_000], ids=lambda text: repr(text[:8])
    )
    def test_refuses_what_is_not_json(self, text: str | bytes) -> None:
        with pytest.raises(DocumentError, match="not JSON"):
            result_from_json(text)

    @pytest.mark.parametrize("text", ["[]", "null", "3", '"text"'])
    def test_refuses_json_that_is_no_object(self, text: str) -> None:
        with pytest.raises(DocumentError, match="no JSON object"):
            result_from_json(text)

    @pytest.mark.parametrize("version", ["1", None, True, 1.0])
    def test_refuses_a_document_without_a_version(
        self, result: ExperimentResult, version: object
    ) -> None:
        with pytest.raises(DocumentError, match="states no schema_version"):
            result_from_json(json.dumps(as_document(result, schema_version=version)))

    def test_refuses_a_newer_version_and_says_what_to_do(self, result: ExperimentResult) -> None:
        newer = as_document(result, schema_version=SCHEMA_VERSION + 1, key_of_tomorrow=1)
        with pytest.raises(DocumentError, match="Upgrade the llem packages") as caught:
            result_from_json(json.dumps(newer))
        assert f"schema version {SCHEMA_VERSION + 1}" in str(caught.value)
        assert f"this llem reads is {SCHEMA_VERSION}" in str(caught.value)

    def test_refuses_an_unknown_key_of_a_known_version(self, result: ExperimentResult) -> None:
        with pytest.raises(ValidationError, match="energy_totl_j"):
            result_from_json(json.dumps(as_document(result, energy_totl_j=1.0)))

    def test_refuses_a_missing_key(self, result: ExperimentResult) -> None:
        document = as_document(result)
        del document["energy_total_j"]
        with pytest.raises(ValidationError, match="energy_total_j"):
            result_from_json(json.dumps(document))
