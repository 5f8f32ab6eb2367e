"""What a file's reader gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rows:
    """The prompts of a file, in file order."""

    texts: list[str]
    column: str | None
    """Where they were found; None where there is no such thing, or more than one."""
