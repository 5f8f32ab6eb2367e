"""Power over time in one line of text."""

from collections.abc import Iterator, Sequence

import llem

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-=+*#@"
"""Of rising density, for encodings without blocks."""


def sparkline(values: Sequence[float | None], *, blocks: bool) -> str:
    """One character per value, from the lowest to the highest of them; a space for None."""
    levels = BLOCKS if blocks else ASCII
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    span = high - low
    return "".join(
        " "
        if value is None
        else levels[min(len(levels) - 1, int((value - low) / span * len(levels)))]
        if span
        else levels[len(levels) // 2]
        for value in values
    )


def power_lines(
    profile: llem.PowerProfile, window_ns: tuple[int, int], *, blocks: bool
) -> Iterator[str]:
    """The line, with the window marked below it, and what it spans."""
    values = profile.power_w
    known = [value for value in values if value is not None]
    yield sparkline(values, blocks=blocks)
    first, last = (_step(profile, moment) for moment in window_ns)
    mark = "=" * max(0, last - first - 1)
    yield " " * first + (f"[{mark}]" if last > first else "|") + " window"
    lasted_s = (profile.end_ns - profile.start_ns) / 1e9
    yield f"{min(known, default=0):,.1f} W to {max(known, default=0):,.1f} W over {lasted_s:,.1f} s"


def _step(profile: llem.PowerProfile, moment_ns: int) -> int:
    """The step of the profile in which a moment lies, or the nearest one."""
    steps = len(profile.power_w)
    span = max(1, profile.end_ns - profile.start_ns)
    return min(steps - 1, max(0, (moment_ns - profile.start_ns) * steps // span))
