"""Running work orders. One order runs in this process (STU-05)."""

from llem_contracts import EventListener
from llem_harness import Inspection, inspect, ports_for, run, silence
from llem_schema import ExperimentResult, WorkOrder


def run_order(order: WorkOrder, listener: EventListener = silence) -> ExperimentResult:
    """Run one order here, with the installed plugins. Raises as `llem_harness.run` does."""
    return run(order, ports_for(order, listener))


def inspect_order(order: WorkOrder) -> Inspection:
    """What the order would use and what is wrong with it; nothing is loaded or measured."""
    return inspect(order, ports_for(order))
