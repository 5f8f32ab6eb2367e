"""Noise that every process computes alike: a hash of seed, device, sensor and tick.

    message = "{seed}/{device}/{sensor}/{tick}", UTF-8, tick in decimal (a minus sign below zero)
    n       = BLAKE2b of the message, 8 bytes, no key, read as a big-endian integer
    u       = (floor(n / 2^12) + 0.5) * 2^-52              in the open interval (0, 1), exact
    z       = sqrt(3) * (2 u - 1)                          uniform: mean 0, variance 1
    z       = inverse CDF of the standard normal at u      gaussian: mean 0, variance 1

`device` is the UUID of the board. The inverse CDF is `statistics.NormalDist().inv_cdf` (Wichura's
algorithm AS 241); its smallest argument, 2^-53, limits |z| to 8.2.
"""

import math
from hashlib import blake2b
from statistics import NormalDist
from typing import Literal

NoiseShape = Literal["gaussian", "uniform"]

_STANDARD_NORMAL = NormalDist()


def uniform(seed: int, device: str, sensor: str, tick: int) -> float:
    """`u` of the module's text."""
    digest = blake2b(f"{seed}/{device}/{sensor}/{tick}".encode(), digest_size=8).digest()
    return ((int.from_bytes(digest, "big") >> 12) + 0.5) * 2.0**-52


def standardised(shape: NoiseShape, u: float) -> float:
    """`z` of the module's text."""
    if shape == "uniform":
        return math.sqrt(3) * (2 * u - 1)
    return _STANDARD_NORMAL.inv_cdf(u)
