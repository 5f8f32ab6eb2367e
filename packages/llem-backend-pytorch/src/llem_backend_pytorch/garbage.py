"""When Python looks for garbage, which takes time that grows with all that is in memory."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_sought() -> Iterator[None]:
    """Look for no garbage while libraries are imported.

    Nearly all the objects that an import makes stay, and to look at them again and again takes
    longer than the rest of a start. Afterwards they count as old. A caller who has garbage sought
    by hand, or has put objects aside, finds things as they were.
    """
    sought = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if sought:
            if gc.get_freeze_count() == 0:
                gc.freeze()
                gc.unfreeze()
            gc.enable()


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
