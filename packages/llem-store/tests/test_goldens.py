"""A partial run that an earlier version left is still understood (RES-05)."""

import json
from pathlib import Path

import pytest
from llem_contracts import StoreError
from llem_schema import document_from_json
from llem_store import PartialRecord, load_result
from llem_testing.goldens import golden_documents, golden_files, unseen_keys
from llem_testing.values import complete_document, misfits, variations
from pydantic import ValidationError

GOLDENS = Path(__file__).with_name("goldens") / "partial-run"
BY_FILE = pytest.mark.parametrize("file", golden_files(GOLDENS), ids=lambda file: file.stem)


class TestPartialRun:
    @BY_FILE
    def test_is_written_again_as_it_was(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        partial = document_from_json(text, PartialRecord, "partial run")
        assert partial.model_dump_json(indent=2) + "\n" == text

    @BY_FILE
    def test_says_why_there_is_no_result(self, file: Path, tmp_path: Path) -> None:
        (tmp_path / "partial.json").write_bytes(file.read_bytes())
        with pytest.raises(StoreError, match="without a result: interrupted"):
            load_result(tmp_path)

    def test_takes_each_value_that_belongs_there_and_no_other(self) -> None:
        whole = complete_document(PartialRecord)
        for changed in variations(PartialRecord, whole):
            partial = PartialRecord.model_validate_json(json.dumps(changed.document))
            assert PartialRecord.model_validate_json(partial.model_dump_json()) == partial
        for changed in misfits(PartialRecord, whole):
            with pytest.raises(ValidationError):
                PartialRecord.model_validate_json(json.dumps(changed.document))

    def test_has_each_of_its_fields_in_a_golden(self) -> None:
        missing = unseen_keys(PartialRecord, golden_documents(GOLDENS))
        assert missing == (), "give them a value in tools/write_goldens.py and run it"
