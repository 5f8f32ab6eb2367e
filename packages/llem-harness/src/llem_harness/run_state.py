"""Says on disk how far a run is, at the beginning of each phase."""

from contextlib import suppress

from llem_contracts import Event, EventListener, PhaseStarted, RunHandle, StoreError
from llem_schema import RunStateName

_STATES: dict[str, RunStateName] = {
    "measure": "measuring",
    "prefill": "measuring",
    "latency": "measuring",
    "assemble": "done",
    "save": "done",
}
"""Of the phases from the window on; all before are `initialising`."""


class StateTeller:
    """A listener that tells the store of each phase, and passes every event on.

    A phase is announced before anything in it is measured, so nothing is written in a window. A
    state that cannot be written ends no measurement.
    """

    def __init__(self, handle: RunHandle, listener: EventListener) -> None:
        self._handle = handle
        self._listener = listener

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, PhaseStarted):
            with suppress(StoreError):
                self._handle.state(_STATES.get(event.phase, "initialising"), event.phase)
        self._listener(event)
