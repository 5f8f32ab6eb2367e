"""Objects named by `module:name`, imported when they are needed."""

import importlib
from typing import Any

from llem_contracts.errors import PluginError


def import_object(reference: str, *, needed_by: str) -> Any:
    """The object behind `module:name`. Raises `PluginError` where there is none."""
    module, _, name = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # a library that does not fit the machine may raise anything
        raise PluginError(
            f"{needed_by} names {reference}, which cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from error
