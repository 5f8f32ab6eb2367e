"""The surroundings of an example result."""

from llem_schema import (
    AcceleratorFacts,
    ContainerRecord,
    EnvironmentSnapshot,
    FrozenDict,
    RepositoryState,
    SchedulerJob,
)

from llem_testing.cases import example_host


def example_environment(gpu: AcceleratorFacts) -> EnvironmentSnapshot:
    """A job in a container on a machine with one GPU, of which everything is known."""
    return EnvironmentSnapshot(
        python_version="3.11.9",
        python_implementation="CPython",
        operating_system="Linux 6.1",
        distribution="Example Linux 12",
        kernel="6.1.0-13-amd64",
        libc="glibc 2.36",
        hostname="example",
        container=ContainerRecord(
            kind="apptainer",
            recognised_by="the variable APPTAINER_CONTAINER",
            image="/images/llem.sif",
        ),
        job=SchedulerJob(
            scheduler="slurm",
            job_id="4242",
            array_job_id="4240",
            array_task_id="2",
            node="node17",
            partition="gpu",
            restart_count=0,
        ),
        repository=RepositoryState(
            commit="89abcdef0123456789abcdef0123456789abcdef",
            branch="main",
            modified=True,
            remote="https://example.org/study.git",
        ),
        variables=FrozenDict({"CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "8"}),
        cuda_version="13.0",
        cuda_version_source="torch",
        driver_version="580.1",
        gpus=(gpu,),
        cpu=example_host(),
        packages=FrozenDict({"pydantic": "2.14.3"}),
        llem_packages=FrozenDict({"llem-schema": "0.1.0"}),
    )
