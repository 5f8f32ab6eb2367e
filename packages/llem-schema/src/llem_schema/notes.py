"""Coded remarks: warnings, and why a field has no value."""

from llem_schema.model import Model


class MeasurementWarning(Model):
    """Something that a reader of the numbers must know."""

    code: str
    message: str


class NotMeasured(Model):
    """Why a field is None."""

    code: str
    """`no_sensor`, `not_applicable`, `not_saved`, `not_requested`, `unresolved_window`, ..."""
    reason: str
