"""Optional libraries: whether they are there, and how to get them."""

import importlib.util
from collections.abc import Callable

from llem_contracts import Problem

Installed = Callable[[str], bool]
"""Whether a library can be imported, by its import name."""


def is_installed(name: str) -> bool:
    """Looks for the library and imports nothing."""
    return importlib.util.find_spec(name) is not None


def missing(
    names: tuple[str, ...], *, needed_by: str, extra: str, installed: Installed
) -> tuple[Problem, ...]:
    """One problem where any of the libraries that a setting needs is not there."""
    absent = [name for name in names if not installed(name)]
    if not absent:
        return ()
    return (
        Problem(
            code="missing_library",
            message=f"{needed_by} needs {' and '.join(absent)}, which "
            f"{'is' if len(absent) == 1 else 'are'} not installed",
            cure=f"pip install 'llem-backend-pytorch[{extra}]'",
        ),
    )
