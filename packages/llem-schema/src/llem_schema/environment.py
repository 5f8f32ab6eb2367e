"""Where a result was made."""

from typing import Literal

from llem_schema.device import AcceleratorFacts, HostFacts
from llem_schema.frozen import FrozenDict, FrozenList
from llem_schema.model import Model


class EnvironmentSnapshot(Model):
    """The software and hardware around a run (CM-32)."""

    python_version: str
    operating_system: str
    hostname: str
    cuda_version: str | None
    cuda_version_source: Literal["torch", "version file", "nvcc"] | None
    driver_version: str | None
    gpus: FrozenList[AcceleratorFacts]
    """GPUs that the process can see."""
    cpu: HostFacts
    packages: FrozenDict[str, str]
    """Version of every installed distribution."""
    llem_packages: FrozenDict[str, str]
