"""What torch compiles."""

import sys


def graphs_compiled() -> int:
    """Graphs that torch.compile has made in this process. Imports nothing: where nobody has asked
    for its compiler, there are none."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return int(dynamo.counters["stats"]["unique_graphs"]) if dynamo is not None else 0
