"""Orders like another one, and where they were saved."""

from pathlib import Path
from typing import Any

from llem_schema import WorkOrder


def changed(order: WorkOrder, **fields: Any) -> WorkOrder:
    """The same order with other values of its config."""
    config = order.config.model_validate(order.config.model_dump() | fields)
    return order.model_copy(update={"config": config})


def in_memory(order: WorkOrder) -> WorkOrder:
    """The same order, not to be saved."""
    settings = order.settings.model_copy(update={"results_dir": None})
    return order.model_copy(update={"settings": settings})


def only_folder(order: WorkOrder) -> Path:
    """The one run that was saved below the order's results folder."""
    assert order.settings.results_dir is not None
    (folder,) = Path(order.settings.results_dir).iterdir()
    return folder
