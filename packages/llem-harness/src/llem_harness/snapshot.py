"""Second step: the software and hardware around the run (CM-32)."""

import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping

from llem_schema import (
    AcceleratorFacts,
    DeviceFacts,
    EnvironmentSnapshot,
    FrozenDict,
    HostFacts,
)

from llem_harness.cuda import cuda_version


def take_snapshot(visible: Iterable[DeviceFacts], host: HostFacts) -> EnvironmentSnapshot:
    """The environment before anything is loaded; `with_engine` completes it."""
    gpus = tuple(facts for facts in visible if isinstance(facts, AcceleratorFacts))
    packages = _installed_packages()
    return EnvironmentSnapshot(
        python_version=sys.version.split()[0],
        operating_system=platform.platform(),
        hostname=platform.node(),
        cuda_version=None,
        cuda_version_source=None,
        driver_version=gpus[0].driver_version if gpus else None,
        gpus=gpus,
        cpu=host,
        packages=FrozenDict(packages),
        llem_packages=FrozenDict(
            {
                name: version
                for name, version in packages.items()
                if name == "llem" or name.startswith("llem-")
            }
        ),
    )


def with_engine(snapshot: EnvironmentSnapshot, engine: Mapping[str, object]) -> EnvironmentSnapshot:
    """The snapshot with the CUDA version, now that the engine can be asked."""
    version, source = cuda_version(engine)
    return snapshot.model_copy(update={"cuda_version": version, "cuda_version_source": source})


def _installed_packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), distribution.version)
    return dict(sorted(found.items()))
