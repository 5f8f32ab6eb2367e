"""Error terms in joules, 1 sigma, and their totals."""

import math
from collections.abc import Iterable, Mapping

GAIN = "gain"
"""The board's own calibration: the same for all windows on one board."""

EXPANSION = 2.0
"""Coverage factor k of the totals: about 95 % for a normal error."""


def gain_term_j(energy_j: float, duration_s: float) -> float:
    """Gain error of a board: a uniform error within 5 % of the energy, or 5 W, the larger.

    The limits are NVIDIA's own statement of its power readings (NVML reference, power usage:
    accurate to within +/- 5 %; +/- 5 W on older boards), confirmed against external meters in
    arXiv 2312.02741. A uniform error within +/- a has the standard deviation a / sqrt(3).
    """
    return max(0.05 * abs(energy_j), 5.0 * duration_s) / math.sqrt(3)


def expanded_j(terms: Iterable[Mapping[str, float]], *, without: str | None = None) -> float:
    """Expanded uncertainty, k = 2, of the sum over devices with these terms.

    Boards err independently of one another, in their gain too (it differs between boards of one
    model), so all terms of all devices add in quadrature.
    """
    squares = sum(
        sigma_j**2 for of_device in terms for name, sigma_j in of_device.items() if name != without
    )
    return EXPANSION * math.sqrt(squares)
