"""Events travel between processes as JSON lines."""

import json
from pathlib import Path
from typing import get_args

import pytest
from llem_contracts import Event, RunSaved, event_from_json
from llem_testing.goldens import golden_documents, golden_files, unseen_keys
from llem_testing.values import complete_document, misfits, variations
from pydantic import ValidationError

GOLDENS = Path(__file__).with_name("goldens") / "event"
LINES = [
    line for file in golden_files(GOLDENS) for line in file.read_text(encoding="utf-8").splitlines()
]


class TestGoldenLines:
    @pytest.mark.parametrize(
        "line", LINES, ids=[f"{n}-{event_from_json(line).type}" for n, line in enumerate(LINES)]
    )
    def test_event_is_sent_again_as_it_came(self, line: str) -> None:
        assert event_from_json(line).model_dump_json() == line
        assert event_from_json(line.encode()) == event_from_json(line)

    @pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
    def test_hold_each_field_of_each_kind_of_event(self, kind: type[Event]) -> None:
        of_kind = [
            document
            for document in golden_documents(GOLDENS)
            if document["type"] == kind.model_fields["type"].default
        ]
        missing = unseen_keys(kind, of_kind)
        assert missing == (), "give them a value in tools/write_goldens.py and run it"


class TestEveryKind:
    @pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
    def test_takes_each_value_that_belongs_there_and_no_other(self, kind: type[Event]) -> None:
        whole = complete_document(kind)
        for changed in variations(kind, whole):
            event = event_from_json(json.dumps(changed.document))
            assert event_from_json(event.model_dump_json()) == event
        for changed in misfits(kind, whole):
            with pytest.raises(ValidationError):
                event_from_json(json.dumps(changed.document))


class TestJsonLines:
    def test_a_line_break_in_a_text_breaks_no_line(self) -> None:
        assert "\n" not in RunSaved(path="two\nlines").model_dump_json()

    def test_type_names_are_distinct(self) -> None:
        names = [kind.model_fields["type"].default for kind in get_args(Event)]
        assert len(set(names)) == len(names)

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "Loading weights: 100%",
            "{}",
            '{"type": "run_lost"}',
            '{"type": "run_saved"}',
            '{"type": "run_saved", "path": "a", "size": 3}',
            '{"type": "run_saved", "path": 3}',
        ],
    )
    def test_any_other_line_is_refused(self, line: str) -> None:
        with pytest.raises(ValidationError):
            event_from_json(line)

    def test_event_cannot_be_changed_on_its_way(self) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            RunSaved(path="a").path = "b"  # type: ignore[misc]
