"""A suite for each boundary: what its contract promises, as tests that anyone can run.

Subclass the suite of your boundary in a test module, name your implementation in its hooks, and
pytest collects the rest.
"""

import pytest

pytest.register_assert_rewrite(
    "llem_testing.suites.backend_bench",
    "llem_testing.suites.backend_generate",
    "llem_testing.suites.backend_load",
    "llem_testing.suites.backend_plan",
    "llem_testing.suites.flops",
    "llem_testing.suites.prompts",
    "llem_testing.suites.store",
)

from llem_testing.suites.backend import BackendSuite  # noqa: E402
from llem_testing.suites.base import ContractSuite  # noqa: E402
from llem_testing.suites.flops import FlopsSuite  # noqa: E402
from llem_testing.suites.prompts import PromptsSuite  # noqa: E402
from llem_testing.suites.store import StoreSuite  # noqa: E402

__all__ = [
    "BackendSuite",
    "ContractSuite",
    "FlopsSuite",
    "PromptsSuite",
    "StoreSuite",
]
