"""Property tests depend on no clock."""

from hypothesis import settings


class TestPropertyTests:
    def test_have_no_deadline(self) -> None:
        assert settings().deadline is None
