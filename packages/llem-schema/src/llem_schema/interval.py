"""Intervals of figures that a run rests on: how far they would stray by themselves."""

from typing import Literal

from llem_schema.model import Model


class IntervalBasis(Model):
    """What an interval rests on: how the parts of the window differ.

    In so many of a hundred runs as `level` says, such an interval holds the figure that the same
    workload tends to on the same machine, the longer it goes on. What is wrong in all parts alike,
    such as a sensor's calibration, is not in it.
    """

    level: float
    """0.95 for 95 %."""
    method: Literal["ratio"]
    """`ratio`: Student's t on the variance of a ratio over clusters (Cochran, Sampling Techniques,
    1977, 6.4)."""
    over: Literal["passes", "batches"]
    """What was compared. Batches of one pass differ in their prompts too, which makes the interval
    wider than it had to be; passes do the same work."""
    parts: int
    """How many of them, or of groups of neighbours, where one is too short for the sensor."""


class ThroughputInterval(Model):
    """Of `output_tokens_per_s`."""

    basis: IntervalBasis
    lower_tokens_per_s: float
    upper_tokens_per_s: float


class EnergyInterval(Model):
    """Of `energy_per_output_token_j`. How the parts differ is told by the series of the power; what
    the meter's figure may be off by is `energy_uncertainty_j`."""

    basis: IntervalBasis
    lower_j: float
    upper_j: float
