"""Problems that are told in a plan and raised by a load, in the same words."""

from llem_contracts import BackendError, Problem


class UnusableModel(BackendError):
    """A model that cannot be used as the config asks; carries the problem that a plan tells."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, cure=problem.cure)
        self.problem = problem


def unusable(code: str, message: str, cure: str) -> UnusableModel:
    """An `UnusableModel` from its parts."""
    return UnusableModel(Problem(code=code, message=message, cure=cure))


def first_line(error: BaseException) -> str:
    """The first line of a library's message, or the error's type where it says nothing."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__
