"""Error types. Each says what is wrong in its message and what to do in its `cure`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llem_contracts.problem import Problem

if TYPE_CHECKING:
    from llem_schema import ExperimentResult


class LlemError(Exception):
    """The base of all errors that llem raises on purpose."""

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.cure = cure


class ConfigError(LlemError):
    """A configuration that cannot be used, with its place in a file where there is one."""

    def __init__(
        self,
        message: str,
        *,
        cure: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(f"{place}: {message}" if place else message, cure=cure)
        self.file = file
        self.line = line
        self.column = column


class BackendError(LlemError):
    """An engine that could not load a model or generate with it."""


class OutOfMemory(BackendError):
    """Memory that ran out, while a model was loaded or while it generated."""

    def __init__(
        self,
        message: str,
        *,
        cure: str | None = None,
        batch_size: int | None = None,
        likely_batch_size: int | None = None,
    ) -> None:
        """`batch_size`: the one that did not fit; None where it was the weights that did not.
        `likely_batch_size`: one that is likely to fit; 0 where not even one prompt is, None where
        nothing can be said."""
        super().__init__(message, cure=cure)
        self.batch_size = batch_size
        self.likely_batch_size = likely_batch_size


class PreFlightError(LlemError):
    """Everything that stands in the way of a run, found before it began."""

    def __init__(self, problems: Sequence[Problem], warnings: Sequence[Problem] = ()) -> None:
        """`warnings`: what was found beside it and would not stop a run."""
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)


class ExperimentError(LlemError):
    """A run that began and could not be finished."""


class UnsavedResult(ExperimentError):
    """A run that was measured and could be written nowhere. `result` is all that is left of it."""

    def __init__(
        self, message: str, *, result: "ExperimentResult", cure: str | None = None
    ) -> None:
        super().__init__(message, cure=cure)
        self.result = result


class StudyError(LlemError):
    """A study that cannot be run or continued as it stands."""


class StoreError(LlemError):
    """A result that could not be written or read."""


class NotSupported(LlemError):
    """A request for something that a plugin's descriptor does not declare."""


class CommandError(LlemError):
    """A command that could not be started."""

    def __init__(self, message: str, *, exit_code: int, cure: str | None = None) -> None:
        """`exit_code`: what a shell would end with: 127 where it was not found, 126 otherwise."""
        super().__init__(message, cure=cure)
        self.exit_code = exit_code


class PluginError(LlemError):
    """A plugin that is installed and cannot be used."""


class MissingDependency(PluginError):
    """A plugin whose library is not installed."""

    def __init__(self, package: str, *, needed_by: str, install_hint: str) -> None:
        super().__init__(
            f"{needed_by} needs the package {package}, which is not installed", cure=install_hint
        )
        self.package = package
        self.install_hint = install_hint
