"""The libraries of the extra `hub`, which the base install does without."""

from collections.abc import Callable
from importlib.util import find_spec

from llem_prompts.texts import DatasetError

IsInstalled = Callable[[str], bool]
"""Whether a module can be imported."""


def is_installed(module: str) -> bool:
    """Look for a module without importing it."""
    return find_spec(module) is not None


def need(module: str, what: str, installed: IsInstalled) -> None:
    """Raise `DatasetError` where a module is missing. `what`: that which needs it."""
    if not installed(module):
        raise DatasetError(
            "dataset_library_missing",
            f"{what} needs {module}, which is not installed",
            cure="Install it: `pip install 'llem-prompts[hub]'`.",
        )
