"""What is installed is what lies here."""

from importlib.metadata import version

import llem_stats


class TestVersion:
    def test_is_that_of_the_distribution(self) -> None:
        assert version("llem-stats") == llem_stats.__version__
