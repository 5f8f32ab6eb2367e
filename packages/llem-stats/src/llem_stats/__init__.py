"""Percentiles and intervals over the requests of a run."""

from llem_stats.clustered import (
    LEAST_CLUSTERS,
    Interval,
    mean_interval,
    quantile_interval,
    ratio_interval,
    student_t,
)
from llem_stats.quantiles import quantile

__version__ = "0.1.0"

__all__ = [
    "LEAST_CLUSTERS",
    "Interval",
    "__version__",
    "mean_interval",
    "quantile",
    "quantile_interval",
    "ratio_interval",
    "student_t",
]
