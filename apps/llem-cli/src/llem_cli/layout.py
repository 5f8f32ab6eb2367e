"""How a figure stands in a summary."""

from collections.abc import Iterable, Iterator

LABEL_COLUMNS = 14


def row(label: str, text: str) -> str:
    """A line of a summary: what it tells of, and what it tells."""
    return f"{label:<{LABEL_COLUMNS}}{text}"


def joules(value: float) -> str:
    """An energy, to a digit that means something."""
    return f"{value:,.1f} J" if abs(value) >= 100 else f"{value:.3g} J"


def told_once(lines: Iterable[str], reason: str) -> Iterator[str]:
    """Lines of which the first that holds a reason has it in full; the others refer to it."""
    told = False
    for line in lines:
        yield line.replace(reason, "see above") if told else line
        told = told or reason in line
