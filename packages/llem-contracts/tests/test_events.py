"""Events travel between processes as JSON lines."""

from typing import get_args

import pytest
from llem_contracts import (
    Event,
    Notice,
    PhaseFinished,
    PhaseProgress,
    PhaseSkipped,
    PhaseStarted,
    RunFailed,
    RunSaved,
    RunStarted,
    event_from_json,
)
from pydantic import ValidationError

EXAMPLES: list[Event] = [
    RunStarted(experiment_id="e1", model="builtin:tiny", backend="pytorch"),
    PhaseStarted(phase="warm-up", total=5, unit="runs"),
    PhaseStarted(phase="load"),
    PhaseProgress(phase="warm-up", completed=2.0, total=None),
    PhaseFinished(phase="warm-up", duration_s=1.5),
    PhaseSkipped(phase="baseline", reason="no sensor can be read"),
    Notice(code="no_sensor", message="line one\nline two, with ünicode"),
    RunSaved(path="results/tiny"),
    RunFailed(error="BackendError", message="out of memory", cure=None),
]


class TestJsonLines:
    def test_every_kind_of_event_is_among_the_examples(self) -> None:
        assert {type(event) for event in EXAMPLES} == set(get_args(Event))

    @pytest.mark.parametrize(
        "event", EXAMPLES, ids=[f"{n}-{event.type}" for n, event in enumerate(EXAMPLES)]
    )
    def test_event_comes_back_as_it_was_sent(self, event: Event) -> None:
        line = event.model_dump_json()
        assert "\n" not in line
        assert event_from_json(line) == event
        assert event_from_json(line.encode()) == event

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
