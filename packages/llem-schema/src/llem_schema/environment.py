"""Where a result was made."""

from typing import Literal

from llem_schema.device import AcceleratorFacts, HostFacts
from llem_schema.frozen import FrozenDict, FrozenList
from llem_schema.model import Model


class ContainerRecord(Model):
    """The container that a run was in."""

    kind: str
    """`docker`, `podman`, `apptainer`, `singularity`, `kubernetes` ..."""
    recognised_by: str
    """The file, variable or control group that tells of it."""
    image: str | None
    """As whoever started it has named it."""


class SchedulerJob(Model):
    """The job of a cluster's scheduler that a run belonged to, in the scheduler's own words."""

    scheduler: Literal["slurm", "pbs", "lsf", "flux", "kubernetes"]
    job_id: str
    """Of Kubernetes the pod's name."""
    array_job_id: str | None
    array_task_id: str | None
    node: str | None
    partition: str | None
    """Partition or queue."""
    restart_count: int | None
    """How often the job had begun before."""


class RepositoryState(Model):
    """The git repository that the working folder lies in."""

    commit: str | None
    branch: str | None
    modified: bool
    """Whether files that git follows differ from the commit."""
    remote: str | None
    """Address of `origin`, else of the first remote, without user and password."""


class EnvironmentSnapshot(Model):
    """The software and hardware around a run (CM-32)."""

    python_version: str
    python_implementation: str
    operating_system: str
    distribution: str | None
    """Of the operating system, in a container that of its image."""
    kernel: str
    """Its release; of a container that of the machine."""
    libc: str | None
    """The C library below Python."""
    hostname: str
    container: ContainerRecord | None
    job: SchedulerJob | None
    repository: RepositoryState | None
    variables: FrozenDict[str, str]
    """Environment variables that change a measurement, where they are set."""
    cuda_version: str | None
    cuda_version_source: Literal["torch", "version file", "nvcc"] | None
    driver_version: str | None
    gpus: FrozenList[AcceleratorFacts]
    """GPUs that the process can see."""
    cpu: HostFacts
    packages: FrozenDict[str, str]
    """Version of every installed distribution."""
    llem_packages: FrozenDict[str, str]
