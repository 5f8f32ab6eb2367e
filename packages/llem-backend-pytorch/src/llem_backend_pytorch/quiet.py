"""Third-party talk, kept off the terminal while the libraries work."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LEVELS = {
    "transformers": logging.ERROR,
    "huggingface_hub": logging.ERROR,
    # its errors are told by the requests that fail, and it takes a missing psutil for one
    "ContinuousBatchingLogger": logging.CRITICAL,
}


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back progress bars, warnings and log lines below `ERROR`; put all back on leaving.

    What the libraries would have warned of is either checked by this package (missing weights,
    padding side, generation settings) or recorded in the effective config. The settings are
    those of the process, so other threads are quiet for as long.
    """
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars
    from transformers.utils import logging as library

    loggers = [logging.getLogger(name) for name in _LEVELS]
    levels = [logger.level for logger in loggers]
    library_bars = library.is_progress_bar_enabled()
    hub_bars = not are_progress_bars_disabled()
    library.disable_progress_bar()
    try:
        for logger in loggers:
            logger.setLevel(_LEVELS[logger.name])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if library_bars:
            library.enable_progress_bar()
        if not hub_bars:
            disable_progress_bars()
