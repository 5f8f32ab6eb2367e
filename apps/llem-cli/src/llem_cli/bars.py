"""What a live line says: a bar with an ETA, a countdown, or a spinner."""

import math
from dataclasses import dataclass, replace

from tqdm import tqdm

_SPINNER = "|/-\\"
_TURNS_PER_S = 4

# The longest one that fits is taken.
_BARS = (
    "{desc}: {bar:24} {n:.0f}/{total:.0f} {unit} [{elapsed}<{remaining}]",
    "{desc}: {bar:6} {n:.0f}/{total:.0f} [{elapsed}<{remaining}]",
    "{desc}: {n:.0f}/{total:.0f} [{elapsed}<{remaining}]",
    "{desc}: {n:.0f}/{total:.0f}",
)
_COUNTDOWNS = ("{desc}: {bar:24} {unit} left", "{desc}: {unit} left", "{desc}: {unit}")


@dataclass(frozen=True)
class Activity:
    """A phase that is going on."""

    phase: str
    total: float | None
    """None where it is not known how much there is to do."""
    unit: str
    completed: float = 0.0


def live_text(activity: Activity, elapsed_s: float, columns: int, *, blocks: bool) -> str:
    """A line of at most `columns` characters; with `blocks` the bar is made of block characters."""
    if activity.total is None:
        frame = _SPINNER[int(elapsed_s * _TURNS_PER_S) % len(_SPINNER)]
        texts = [f"{activity.phase}: {frame} {elapsed_s:.0f} s"]
    elif activity.unit == "s":
        left = f"{math.ceil(activity.total - activity.completed)} s"
        counted = replace(activity, unit=left)
        texts = [_bar(counted, activity.total, elapsed_s, form, blocks) for form in _COUNTDOWNS]
    else:
        texts = [_bar(activity, activity.total, elapsed_s, form, blocks) for form in _BARS]
    return next((text for text in texts if len(text) <= columns), texts[-1][:columns])


def _bar(activity: Activity, total: float, elapsed_s: float, form: str, blocks: bool) -> str:
    return tqdm.format_meter(
        n=activity.completed,
        total=total,
        elapsed=elapsed_s,
        prefix=activity.phase,
        unit=activity.unit,
        bar_format=form,
        ascii=not blocks,
    )
