"""How a figure stands in a summary."""

LABEL_COLUMNS = 14


def row(label: str, text: str) -> str:
    """A line of a summary: what it tells of, and what it tells."""
    return f"{label:<{LABEL_COLUMNS}}{text}"


def joules(value: float) -> str:
    """An energy, to a digit that means something."""
    return f"{value:,.1f} J" if abs(value) >= 100 else f"{value:.3g} J"
