"""Sees what a piece of code reaches for on the network, without standing in its way."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_NETWORK_EVENTS = frozenset({"socket.connect", "socket.getaddrinfo"})
"""Of Python's audit events (PEP 578); nothing is replaced, so no library can go round them."""

_watchers: list[list[str]] = []


@contextmanager
def connections() -> Iterator[list[str]]:
    """Connections and look-ups that Python code of this process makes while the block runs."""
    _watch()
    made: list[str] = []
    _watchers.append(made)
    try:
        yield made
    finally:
        _watchers.pop()


@cache
def _watch() -> None:
    """Add the hook once: Python has no way to take it back."""
    sys.addaudithook(_note)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watchers and event in _NETWORK_EVENTS:
        _watchers[-1].append(f"{event}: {arguments}")
