import pytest
from llem_testing.suites import ContractSuite


class Suite(ContractSuite):
    """Of two promises."""

    def test_first(self) -> None:
        raise AssertionError("never kept")

    def test_second(self) -> None:
        return


class TestOverriding:
    def test_a_standard_test_is_refused(self) -> None:
        with pytest.raises(TypeError, match="overrides test_first"):
            type("Lax", (Suite,), {"test_first": lambda self: None})

    def test_other_names_are_free(self) -> None:
        own = type("Own", (Suite,), {"test_third": lambda self: None, "make": lambda self: 1})
        assert issubclass(own, Suite)


class TestDeviation:
    def test_is_a_strict_xfail_of_this_subclass_alone(self) -> None:
        lax = type("Lax", (Suite,), {"deviations": {"test_first": "a known fault"}})
        (mark,) = lax.test_first.pytestmark
        assert (mark.name, mark.kwargs) == ("xfail", {"strict": True, "reason": "a known fault"})
        assert not hasattr(Suite.test_first, "pytestmark")
        with pytest.raises(AssertionError, match="never kept"):
            lax().test_first()

    def test_from_no_test_is_refused(self) -> None:
        with pytest.raises(TypeError, match="deviates from test_third"):
            type("Lax", (Suite,), {"deviations": {"test_third": "a known fault"}})


class TestNamedDeviation(Suite):
    """Collected by pytest: passes because its first test fails, as it says."""

    deviations = {"test_first": "a known fault"}  # noqa: RUF012
