"""Garbage that loading leaves."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected() -> Iterator[None]:
    """Leave no garbage of what is done inside.

    What was there before is put aside meanwhile: to look through all that the libraries' modules
    hold takes longer than to load a small model. What a caller has put aside stays there.
    """
    aside = gc.get_freeze_count() == 0
    if aside:
        gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        if aside:
            gc.unfreeze()
