"""Files that earlier versions wrote are read for ever, and keep their hash (RES-02, RES-05)."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from llem_schema import (
    DocumentError,
    ExperimentConfig,
    ExperimentResult,
    Model,
    RunState,
    UserConfig,
    WorkOrder,
    document_from_json,
    measurement_config_hash,
    order_from_json,
    result_from_json,
    unexplained,
)
from llem_testing.goldens import golden_documents, golden_files, unseen_keys

GOLDENS = Path(__file__).with_name("goldens")
READERS: dict[str, Callable[[str], Model]] = {
    "experiment-config": ExperimentConfig.model_validate_json,
    "result": result_from_json,
    "run-state": lambda text: document_from_json(text, RunState, "run state"),
    "user-config": UserConfig.model_validate_json,
    "work-order": order_from_json,
}
MODELS: dict[str, type[Model]] = {
    "experiment-config": ExperimentConfig,
    "result": ExperimentResult,
    "run-state": RunState,
    "user-config": UserConfig,
    "work-order": WorkOrder,
}
TYPED_BY_PEOPLE = {"experiment-config", "user-config"}
"""Documents that hold the keys that somebody wrote; the others hold every key."""
FILES = [file for document in READERS for file in golden_files(GOLDENS / document)]
BY_FILE = pytest.mark.parametrize(
    "file", FILES, ids=[str(file.relative_to(GOLDENS).with_suffix("")) for file in FILES]
)
HASHES = {
    "experiment-config/v1/full": "67fc9ff938c4d005",
    "experiment-config/v1/minimal": "3663e4bbe600a3cc",
    "result/v1/full": "67fc9ff938c4d005",
    "result/v1/minimal": "3663e4bbe600a3cc",
    "run-state/v1/full": "67fc9ff938c4d005",
    "run-state/v1/minimal": "3663e4bbe600a3cc",
    "work-order/v1/full": "67fc9ff938c4d005",
    "work-order/v1/minimal": "3663e4bbe600a3cc",
}
"""A change here makes old results strangers to new ones."""


def document_of(file: Path) -> str:
    return file.relative_to(GOLDENS).parts[0]


def read(file: Path) -> Model:
    return READERS[document_of(file)](file.read_text(encoding="utf-8"))


def config_in(model: Model) -> ExperimentConfig:
    if isinstance(model, RunState):
        return model.order.config
    config = model if isinstance(model, ExperimentConfig) else getattr(model, "config", None)
    assert isinstance(config, ExperimentConfig)
    return config


class TestEveryGolden:
    @BY_FILE
    def test_is_written_again_as_it_was(self, file: Path) -> None:
        typed = document_of(file) in TYPED_BY_PEOPLE
        text = read(file).model_dump_json(indent=2, exclude_unset=typed)
        assert text + "\n" == file.read_text(encoding="utf-8")

    def test_belongs_to_a_document_that_is_tested(self) -> None:
        assert {folder.name for folder in GOLDENS.iterdir()} == set(READERS)


class TestEveryDocument:
    @pytest.mark.parametrize("document", MODELS)
    def test_has_each_of_its_fields_in_a_golden(self, document: str) -> None:
        missing = unseen_keys(MODELS[document], golden_documents(GOLDENS / document))
        assert missing == (), "give them a value in tools/write_goldens.py and run it"

    @pytest.mark.parametrize("document", MODELS)
    def test_has_a_full_and_a_minimal_golden(self, document: str) -> None:
        assert {file.stem for file in golden_files(GOLDENS / document)} == {"full", "minimal"}


class TestHash:
    @pytest.mark.parametrize("golden", HASHES)
    def test_is_what_it_was(self, golden: str) -> None:
        config = config_in(read(GOLDENS / f"{golden}.json"))
        assert measurement_config_hash(config) == HASHES[golden]

    @pytest.mark.parametrize("file", golden_files(GOLDENS / "result"), ids=lambda file: file.stem)
    def test_stated_in_a_result_is_that_of_its_config(self, file: Path) -> None:
        result = result_from_json(file.read_text(encoding="utf-8"))
        assert result.measurement_config_hash == measurement_config_hash(result.config)

    def test_is_pinned_for_every_golden_with_a_config(self) -> None:
        pinned = {file for file in FILES if document_of(file) != "user-config"}
        assert {GOLDENS / f"{golden}.json" for golden in HASHES} == pinned


class TestResults:
    @pytest.mark.parametrize("file", golden_files(GOLDENS / "result"), ids=lambda file: file.stem)
    def test_explain_what_they_lack(self, file: Path) -> None:
        assert unexplained(result_from_json(file.read_text(encoding="utf-8"))) == ()


class TestNewerVersion:
    @pytest.mark.parametrize(
        "file", [f for f in FILES if document_of(f) not in TYPED_BY_PEOPLE],
        ids=lambda file: f"{document_of(file)}-{file.stem}",
    )  # fmt: skip
    def test_is_refused_with_both_versions_and_what_to_do(self, file: Path) -> None:
        document = json.loads(file.read_text(encoding="utf-8"))
        version = document["schema_version"]
        newer = json.dumps(document | {"schema_version": version + 1, "key_of_tomorrow": 1})
        with pytest.raises(DocumentError) as caught:
            READERS[document_of(file)](newer)
        assert f"schema version {version + 1}" in str(caught.value)
        assert f"this llem reads is {version}" in str(caught.value)
        assert caught.value.cure == "Upgrade the llem packages."
