"""Power over the time of a run, in as many steps as a picture has room for."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llem_contracts import ArrowTable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class PowerProfile:
    """Mean power of the devices together, over equal steps of time."""

    start_ns: int
    """`time.monotonic_ns` of the first sample."""
    end_ns: int
    power_w: tuple[float | None, ...]
    """A device that was not read in a step counts as it was read last; None before all of them
    were read once."""


def power_profile(series: ArrowTable, devices: Collection[str], most_steps: int) -> PowerProfile:
    """The power of `devices` from a sample series, in at most `most_steps` steps.

    It has no steps where no power of them was read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.table(series).select(["monotonic_ns", "device", "power_w"])
    ours = pc.is_in(table["device"], value_set=pa.array(sorted(devices), pa.string()))
    table = table.filter(pc.and_(ours, pc.is_valid(table["power_w"])))
    if not table.num_rows:
        return PowerProfile(0, 0, ())
    start = int(pc.min(table["monotonic_ns"]).as_py())
    end = int(pc.max(table["monotonic_ns"]).as_py())
    steps = max(1, min(most_steps, int(pc.count_distinct(table["monotonic_ns"]).as_py())))
    since = pc.subtract(table["monotonic_ns"], start)
    step = pc.divide(pc.multiply(since, steps), max(1, end - start))
    table = table.append_column("step", pc.min_element_wise(step, steps - 1))
    means = table.group_by(["device", "step"]).aggregate([("power_w", "mean")])
    return PowerProfile(start, end, _summed(means, steps))


def _summed(means: "pa.Table", steps: int) -> tuple[float | None, ...]:
    by_device: dict[str, dict[int, float]] = {}
    for row in means.to_pylist():
        by_device.setdefault(row["device"], {})[row["step"]] = row["power_w_mean"]
    last: dict[str, float] = {}
    totals: list[float | None] = []
    for step in range(steps):
        last |= {device: of[step] for device, of in by_device.items() if step in of}
        totals.append(sum(last.values()) if len(last) == len(by_device) else None)
    return tuple(totals)
