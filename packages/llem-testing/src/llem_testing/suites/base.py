"""What all contract suites share: a standard test cannot be overridden in silence."""

from typing import Any


class ContractSuite:
    """Base of the suites. A subclass names the implementation under test through hooks.

    Methods whose names begin with `test_` are the contract. A subclass that redefines one does not
    come into being: a known deviation is said with
    `pytest.mark.xfail(strict=True, reason=...)` through `deviations`.
    """

    deviations: dict[str, str] = {}
    """Standard tests that this implementation is known to fail, with the reason for each."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        standard = {
            name
            for base in cls.__mro__[1:]
            for name in vars(base)
            if name.startswith("test_")
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
