"""Something wrong that a person can mend."""

from dataclasses import dataclass

NO_PERMISSION = "no_permission"
"""Code of a sensor that is there and that this user may not read: an administrator can cure it."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong and what to do about it, each in one sentence."""

    code: str
    """Stable and in snake_case, such as `model_not_found`."""
    message: str
    cure: str
    blocking: bool = True
    """False for what a run can live with; it becomes a warning of the result."""
