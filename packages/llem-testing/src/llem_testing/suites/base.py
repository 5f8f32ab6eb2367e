"""What all contract suites share: a standard test cannot be overridden in silence."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest


class ContractSuite:
    """Base of the suites. A subclass names the implementation under test through hooks.

    Methods whose names begin with `test_` are the contract. A subclass that redefines one does not
    come into being. A test named in `deviations` must fail: it is an `xfail`, and a strict one.
    """

    deviations: ClassVar[Mapping[str, str]] = {}
    """Standard tests that this implementation is known to fail, with the reason for each."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        standard = {
            name for base in cls.__mro__[1:] for name in vars(base) if name.startswith("test_")
        }
        overridden = sorted(standard & set(vars(cls)))
        if overridden:
            raise TypeError(
                f"{cls.__name__} overrides {', '.join(overridden)}, a standard test: name it in "
                "`deviations` with a reason instead"
            )
        unknown = sorted(set(cls.deviations) - standard)
        if unknown:
            raise TypeError(f"{cls.__name__} deviates from {', '.join(unknown)}: no such test")
        for name, reason in cls.deviations.items():
            setattr(cls, name, _expected_to_fail(getattr(cls, name), reason))


def _expected_to_fail(test: Callable[..., Any], reason: str) -> Callable[..., Any]:
    """The same test with the mark, on a function of its own: the suite's stays as it is."""

    @functools.wraps(test)
    def deviating(*args: Any, **named: Any) -> None:
        test(*args, **named)

    marked: Callable[..., Any] = pytest.mark.xfail(strict=True, reason=reason)(deviating)
    return marked
