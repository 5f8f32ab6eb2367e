"""What every store promises."""

from llem_testing.suites.store_catalogue import CatalogueSuite
from llem_testing.suites.store_load import LoadSuite
from llem_testing.suites.store_runs import RunsSuite
from llem_testing.suites.store_state import StateSuite


class StoreSuite(RunsSuite, StateSuite, LoadSuite, CatalogueSuite):
    """The contract of `llem_contracts.Store` and of the `RunHandle` that it gives.

    A subclass gives `make_store` and the oracles `surviving_samples` and `state_file`.
    """
