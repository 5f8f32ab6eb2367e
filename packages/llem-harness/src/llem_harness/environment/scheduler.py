"""The scheduler's job that a run belongs to, by the variables that the scheduler sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from llem_schema import NotMeasured, SchedulerJob

from llem_harness.environment.text import readable

_PATH = "environment_snapshot.job"


@dataclass(frozen=True)
class _Variables:
    """Who sets them, and which of them tells what; empty for what none tells."""

    scheduler: Literal["slurm", "pbs", "lsf", "flux", "kubernetes"]
    sign: str
    """Set in every job and nowhere else."""
    job_id: str
    array_job_id: str = ""
    array_task_id: tuple[str, ...] = ()
    node: str = ""
    partition: str = ""
    restart_count: str = ""


_KNOWN = (
    _Variables(
        "slurm",
        sign="SLURM_JOB_ID",
        job_id="SLURM_JOB_ID",
        array_job_id="SLURM_ARRAY_JOB_ID",
        array_task_id=("SLURM_ARRAY_TASK_ID",),
        node="SLURMD_NODENAME",
        partition="SLURM_JOB_PARTITION",
        restart_count="SLURM_RESTART_COUNT",
    ),
    _Variables(
        "pbs",
        sign="PBS_JOBID",
        job_id="PBS_JOBID",
        array_job_id="PBS_ARRAY_ID",
        array_task_id=("PBS_ARRAY_INDEX", "PBS_ARRAYID"),
        partition="PBS_QUEUE",
    ),
    _Variables(
        "lsf",
        sign="LSB_JOBID",
        job_id="LSB_JOBID",
        array_task_id=("LSB_JOBINDEX",),
        partition="LSB_QUEUE",
    ),
    _Variables("flux", sign="FLUX_JOB_ID", job_id="FLUX_JOB_ID"),
    _Variables(
        "kubernetes",
        sign="KUBERNETES_SERVICE_HOST",
        job_id="HOSTNAME",  # the pod's name
        array_task_id=("JOB_COMPLETION_INDEX",),
        node="NODE_NAME",
    ),
)
_NO_ARRAY = "0"
"""What LSF says of a job that is not one of an array."""


def find_job(
    variables: Mapping[str, str],
) -> tuple[SchedulerJob | None, dict[str, NotMeasured]]:
    """The job; None for a process that no known scheduler has started.

    Slurm sets its count of restarts from the first restart on; without it there was none.
    """
    known = next((known for known in _KNOWN if variables.get(known.sign)), None)
    if known is None:
        none = NotMeasured(code="not_applicable", reason="no scheduler started this process")
        return None, {_PATH: none}

    def told(*names: str) -> str | None:
        return next((readable(variables[name]) for name in names if variables.get(name)), None)

    task = told(*known.array_task_id)
    if known.scheduler == "lsf" and task == _NO_ARRAY:
        task = None
    restarts = told(known.restart_count) or ("0" if known.restart_count else "")
    job = SchedulerJob(
        scheduler=known.scheduler,
        job_id=told(known.job_id) or "",
        array_job_id=told(known.array_job_id),
        array_task_id=task,
        node=told(known.node),
        partition=told(known.partition),
        restart_count=int(restarts) if restarts.isascii() and restarts.isdecimal() else None,
    )
    return job, _gaps(job)


def _gaps(job: SchedulerJob) -> dict[str, NotMeasured]:
    alone = NotMeasured(code="not_applicable", reason="no variable tells of an array of jobs")
    untold = NotMeasured(
        code="not_available", reason=f"no variable of {job.scheduler} tells it to this process"
    )
    return {
        f"{_PATH}.{name}": alone if name.startswith("array") else untold
        for name in type(job).model_fields
        if getattr(job, name) is None
    }
