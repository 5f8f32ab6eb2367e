"""Third-party talk, kept off the terminal while the libraries work."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

_LEVELS = {
    "transformers": logging.ERROR,
    # its errors are told by the requests that fail, and it takes a missing psutil for one
    "ContinuousBatchingLogger": logging.CRITICAL,
}
_HUB = "huggingface_hub"


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back progress bars, warnings and log lines below `ERROR`; put all back on leaving.

    What the libraries would have warned of is either checked by this package (missing weights,
    padding side, generation settings) or recorded in the effective config. The settings are
    those of the process, so other threads are quiet for as long.
    """
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from transformers.utils import logging as library

    library_bars = library.is_progress_bar_enabled()
    hub_bars = not are_progress_bars_disabled()
    library.disable_progress_bar()
    try:
        with _held_back(_HUB, logging.ERROR), quiet_generation():
            yield
    finally:
        if library_bars:
            library.enable_progress_bar()
        # transformers switches those of the hub with its own
        (enable_progress_bars if hub_bars else disable_progress_bars)()


@contextmanager
def quiet_generation() -> Iterator[None]:
    """The same while tokens are generated: there are no bars then, and the hub is not asked.

    It costs next to nothing, where `quiet` makes every logger of the process forget what it knows
    of its level.
    """
    with ExitStack() as stack:
        for name, level in _LEVELS.items():
            stack.enter_context(_held_back(name, level))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _held_back(name: str, level: int) -> Iterator[None]:
    """Let lines of a logger pass from a level on.

    A logger that hands nothing to those above it is held back at its own handlers: to change its
    level would clear what all loggers of the process keep of theirs.
    """
    logger = logging.getLogger(name)
    gates: Sequence[logging.Logger | logging.Handler]
    gates = [logger] if logger.propagate else list(logger.handlers)
    levels = [gate.level for gate in gates]
    try:
        for gate in gates:
            gate.setLevel(level)
        yield
    finally:
        for gate, before in zip(gates, levels, strict=True):
            gate.setLevel(before)
