"""Log lines for who looks for a fault. Progress and results are events; these only explain.

Records go to the standard library's loggers, with their fields as attributes of the record. No
handler and no level is set here: without an application that sets one nothing is written, and
nothing above `INFO` is emitted.
"""

import logging
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structlog.stdlib import BoundLogger


@cache
def logger(name: str) -> "BoundLogger":
    """The logger of a module. structlog is imported at the first call."""
    import structlog

    bound: BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return bound
