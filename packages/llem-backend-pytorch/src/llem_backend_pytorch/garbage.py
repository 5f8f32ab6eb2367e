"""When Python looks for garbage, which takes time that grows with all that is in memory."""

import gc
import traceback
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


def let_go(error: BaseException) -> None:
    """Keep the lines of an error's traceback, as a note, and not its frames.

    They hold all that was computed with: a model would stay in memory for as long as somebody keeps
    the error.
    """
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        if at.__traceback__ is not None:
            at.add_note("".join(traceback.format_tb(at.__traceback__)).rstrip())
            at.__traceback__ = None
        at = at.__cause__ or at.__context__


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
