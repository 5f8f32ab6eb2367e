"""A whole number that changes at given instants."""

from bisect import bisect_right
from typing import Annotated, Any

from llem_schema import FrozenList, Model
from pydantic import Field, model_validator

from llem_testing.simulated_gpu.spans import Pair, Seconds
from llem_testing.simulated_gpu.whole_units import to_ns


class Timeline(Model):
    """Steps of (seconds since the scenario's start, value), the first at 0.

    A plain number validates as a timeline that never changes.
    """

    steps: FrozenList[Pair[Seconds, Annotated[int, Field(ge=0)]]] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _constant(cls, value: Any) -> Any:
        return {"steps": ((0.0, value),)} if isinstance(value, int) else value

    @model_validator(mode="after")
    def _in_order(self) -> "Timeline":
        times = [to_ns(at_s) for at_s, _ in self.steps]
        if times[0] != 0 or times != sorted(set(times)):
            raise ValueError("steps must begin at 0 and be in order of time")
        return self

    def at(self, now_ns: int) -> int:
        """The value at an instant after the scenario's start."""
        index = bisect_right(self.steps, now_ns, key=lambda step: to_ns(step[0])) - 1
        return self.steps[index][1]


def always(value: int) -> Timeline:
    """A timeline that never changes."""
    return Timeline(steps=((0.0, value),))
