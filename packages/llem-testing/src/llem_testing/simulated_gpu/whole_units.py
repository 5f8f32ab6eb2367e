"""Seconds and watts of a scenario as the whole nanoseconds and milliwatts it is computed in."""


def to_ns(seconds: float) -> int:
    """The nearest whole nanosecond, ties to even."""
    return round(seconds * 1e9)


def to_mw(watts: float) -> int:
    """The nearest whole milliwatt, ties to even."""
    return round(watts * 1e3)
