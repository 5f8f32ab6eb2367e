"""What every backend promises."""

from llem_testing.suites.backend_generate import GenerateSuite
from llem_testing.suites.backend_load import LoadSuite
from llem_testing.suites.backend_plan import PlanSuite


class BackendSuite(PlanSuite, LoadSuite, GenerateSuite):
    """The contract of `llem_contracts.InferenceBackend` and of the `LoadedModel` that it gives.

    A subclass gives `descriptor`, `make_backend` and `fields`; `BackendBench` has all the hooks.
    """
