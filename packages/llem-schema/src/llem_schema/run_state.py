"""How far a run has come, on disk while it lasts."""

from typing import Literal

from llem_schema.model import Model
from llem_schema.order import WorkOrder
from llem_schema.scalars import Moment, Version1

RunStateName = Literal["initialising", "measuring", "done", "failed"]
"""`initialising`: up to the window. `measuring`: from the window on. `done`: everything is
measured, and the result is being written. `failed`: it ends without a result, and what it measured
is being kept."""


class RunProcess(Model):
    """The process of a run, so that another one can tell whether it is still there."""

    pid: int
    started_ticks: int | None
    """Clock ticks from the boot of the machine to the start of the process (proc(5), `stat`, field
    22): a later process of the same number has another. None where the system does not tell."""
    host: str
    boot_id: str | None
    """Which boot of the machine it was; None where the system does not tell."""
    pid_namespace: int | None
    """The namespace in which `pid` counts: a container has its own."""


class RunState(Model):
    """`state.json` in a run's folder. It goes when the result, or the account of a partial run, has
    taken its place."""

    schema_version: Version1 = 1
    state: RunStateName
    phase: str | None
    """The phase that the run is in; None before the first."""
    reason: str | None
    """Why it failed; None where it has not."""
    measurement_config_hash: str
    process: RunProcess
    started_at: Moment
    updated_at: Moment
    order: WorkOrder
