"""Where and with what the figures of a benchmark were taken."""

import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any


def circumstances(packages: Iterable[str], **of_its_own: object) -> dict[str, Any]:
    """Day, machine, and versions of Python and of these packages, beside a benchmark's own."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **of_its_own,
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "operating_system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in packages},
    }


def in_words(where: Mapping[str, Any]) -> str:
    """The part that all benchmarks have, in a line."""
    versions = ", ".join(f"{name} {version}" for name, version in where["packages"].items())
    return (
        f"{where['date']}, {where['cpu']}, {where['cores']} cores, {where['operating_system']}, "
        f"Python {where['python']}; {versions}"
    )


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
