"""What a meter around another package asks of that package: joules of one GPU between two calls."""

from typing import Any, Protocol

from llem_contracts import Problem

from llem_energy.nvml_handles import Gpu


class WrapperFailure(Exception):
    """The package gave no energy, or a figure that is none."""

    def __init__(self, code: str, reason: str) -> None:
        """`code`: that of the reading without energy."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Wrapper(Protocol):
    """Another package's window on the energy counter of a GPU. Windows may overlap."""

    @property
    def method(self) -> str:
        """The meter's name, and the method of its readings."""
        ...

    @property
    def package(self) -> str:
        """Name and version of the package, as a sentence would have them."""
        ...

    def problem(self, gpu: Gpu) -> Problem | None:
        """Why the package cannot read this GPU here and now."""
        ...

    def begin(self, gpu: Gpu) -> Any:
        """Open a window; gives what `end` takes. Raises `WrapperFailure`."""
        ...

    def end(self, opened: Any) -> float:
        """Close the window; gives its joules as the package tells them. Raises `WrapperFailure`."""
        ...

    def discard(self, opened: Any) -> None:
        """Close a window that nobody will ask about. Never raises."""
        ...
