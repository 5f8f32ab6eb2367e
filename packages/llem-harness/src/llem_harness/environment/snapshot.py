"""All of the software and hardware around the run (CM-32)."""

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from llem_schema import (
    AcceleratorFacts,
    DeviceFacts,
    EnvironmentSnapshot,
    FrozenDict,
    HostFacts,
    NotMeasured,
)

from llem_harness.environment.container import find_container
from llem_harness.environment.cuda import cuda_version
from llem_harness.environment.repository import find_repository
from llem_harness.environment.scheduler import find_job
from llem_harness.environment.sources import Sources
from llem_harness.environment.system import OS_RELEASE, c_library, distribution
from llem_harness.environment.variables import measuring_variables

_ROOT = "environment_snapshot"


@dataclass(frozen=True)
class Surroundings:
    """The snapshot; `missing` explains every None in it."""

    snapshot: EnvironmentSnapshot
    missing: Mapping[str, NotMeasured]


def take_snapshot(
    visible: Iterable[DeviceFacts], host: HostFacts, sources: Sources
) -> Surroundings:
    """The environment before anything is loaded; `with_engine` completes it."""
    gpus = tuple(facts for facts in visible if isinstance(facts, AcceleratorFacts))
    packages = _installed_packages()
    container, no_container = find_container(sources.root, sources.variables)
    job, no_job = find_job(sources.variables)
    repository, no_repository = find_repository(sources.folder, sources.git)
    snapshot = EnvironmentSnapshot(
        python_version=platform.python_version(),
        python_implementation=platform.python_implementation(),
        operating_system=platform.platform(),
        distribution=distribution(sources.root),
        kernel=platform.release(),
        libc=c_library(),
        hostname=platform.node(),
        container=container,
        job=job,
        repository=repository,
        variables=FrozenDict(measuring_variables(sources.variables)),
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
    missing = no_container | no_job | no_repository
    return Surroundings(snapshot, missing | _system_gaps(snapshot) | _device_gaps(snapshot))


def with_engine(surroundings: Surroundings, engine: Mapping[str, object]) -> Surroundings:
    """The snapshot with the CUDA version, now that the engine can be asked."""
    version, source = cuda_version(engine)
    told = {"cuda_version": version, "cuda_version_source": source}
    none = NotMeasured(
        code="not_found", reason="neither torch nor a version file nor nvcc tells of a CUDA"
    )
    gaps = {f"{_ROOT}.{name}": none for name in told} if version is None else {}
    return Surroundings(
        surroundings.snapshot.model_copy(update=told), {**surroundings.missing, **gaps}
    )


def _system_gaps(snapshot: EnvironmentSnapshot) -> dict[str, NotMeasured]:
    gaps = {}
    if snapshot.distribution is None:
        gaps[f"{_ROOT}.distribution"] = NotMeasured(
            code="not_available", reason=f"none of {', '.join(OS_RELEASE)} names it"
        )
    if snapshot.libc is None:
        gaps[f"{_ROOT}.libc"] = NotMeasured(
            code="not_available", reason="the interpreter does not tell its C library"
        )
    return gaps


def _device_gaps(snapshot: EnvironmentSnapshot) -> dict[str, NotMeasured]:
    gaps = {}
    if snapshot.driver_version is None:
        gaps[f"{_ROOT}.driver_version"] = NotMeasured(
            code="not_applicable", reason="no GPU is visible"
        )
    parts = [
        (f"{_ROOT}.gpus.{index}", facts.unavailable) for index, facts in enumerate(snapshot.gpus)
    ]
    parts.append((f"{_ROOT}.cpu", snapshot.cpu.unavailable))
    for path, unavailable in parts:
        for name, reason in unavailable.items():
            gaps[f"{path}.{name}"] = NotMeasured(code="not_available", reason=reason)
    return gaps


def _installed_packages() -> dict[str, str]:
    found: dict[str, str] = {}
    for installed in importlib.metadata.distributions():
        name = installed.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), installed.version)
    return dict(sorted(found.items()))
