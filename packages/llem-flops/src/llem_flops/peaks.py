"""What devices can do at most, as their makers published it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from llem_contracts import DevicePeak
from llem_schema import Precision

_BRANDS: Final = ("NVIDIA ", "Tesla ", "GeForce ")
_PER_TERA: Final = 1e12


@dataclass(frozen=True, slots=True)
class PublishedPeaks:
    """One row of `device_peaks.json`."""

    device: str
    driver_names: tuple[str, ...]
    """As `nvidia-smi` shows it, without the brands before it, which drivers spell in two ways."""
    tflops: Mapping[Precision, float]
    """Dense; fp16 and bf16 in the tensor cores with sums in fp32, fp32 outside them, as torch
    computes it by default. A precision that the tensor cores lack is not there."""
    source: str


@cache
def published_peaks() -> tuple[PublishedPeaks, ...]:
    """The whole table."""
    rows = json.loads(files("llem_flops").joinpath("device_peaks.json").read_text("utf-8"))
    return tuple(
        PublishedPeaks(
            row["device"], tuple(row["driver_names"]), dict(row["tflops"]), row["source"]
        )
        for row in rows
    )


def device_peak(device: str, precision: Precision) -> DevicePeak | None:
    """The published peak of a device, by the name that its driver gives it.

    The name has to be in the table as it is: boards whose names begin alike (RTX 4090 and RTX 4090
    Laptop GPU, H100 PCIe and H100 NVL) differ by tens of percent. None for a device that is not
    there, and for a precision that its tensor cores lack.
    """
    bare = device
    for brand in _BRANDS:
        bare = bare.removeprefix(brand)
    for row in published_peaks():
        if bare in row.driver_names and precision in row.tflops:
            return DevicePeak(row.tflops[precision] * _PER_TERA, row.source)
    return None
