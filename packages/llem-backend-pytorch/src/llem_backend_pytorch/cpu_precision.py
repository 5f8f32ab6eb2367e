"""Half precision on a CPU that has no units for it."""

from pathlib import Path

from llem_contracts import Problem
from llem_schema import Precision

CPU_INFO = Path("/proc/cpuinfo")

_UNITS: dict[Precision, frozenset[str]] = {
    "bf16": frozenset({"avx512_bf16", "amx_bf16", "bf16"}),
    "fp16": frozenset({"avx512_fp16", "amx_fp16", "asimdhp"}),
}
"""Flags by which Linux names them, on x86 and on Arm."""


def slow_precision(precision: Precision, cpu_info: Path = CPU_INFO) -> tuple[Problem, ...]:
    """A remark where the CPU has to emulate the precision; none where its flags are unknown."""
    flags = _flags(cpu_info)
    if precision not in _UNITS or not flags or flags & _UNITS[precision]:
        return ()
    return (
        Problem(
            code="slow_precision",
            message=f"this CPU has no {precision} units, so {precision} is emulated and slow",
            cure="Set precision to fp32 for a run on this CPU.",
            blocking=False,
        ),
    )


def _flags(cpu_info: Path) -> frozenset[str]:
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip().lower() in ("flags", "features"):
            return frozenset(value.split())
    return frozenset()
