"""Pre-flight alone: of this machine, or of one experiment (CLI-06)."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llem_contracts import PreFlightError, Problem
from llem_harness import inspect, inspect_machine, machine_ports, ports_for, sensorless
from llem_schema import WorkOrder

from llem_study.installation import BackendStatus, backend_statuses
from llem_study.resolve import run_settings
from llem_study.user_config import load_user_config


@dataclass(frozen=True)
class PreFlightReport:
    """What was found, without running anything."""

    subject: str
    """What was looked at."""
    problems: tuple[Problem, ...]
    """Those that stop a run come first."""

    @property
    def blocked(self) -> bool:
        """Whether a run would be refused."""
        return any(problem.blocking for problem in self.problems)


def check_machine(environ: Mapping[str, str] = os.environ) -> PreFlightReport:
    """Devices, meter, backends and folders, as runs with the user config would use them.

    Raises `ConfigError` for a broken user config.
    """
    user = load_user_config(environ).config
    settings, _ = run_settings(user, None, True, environ)
    meter = user.measurement.meter or "auto"
    try:
        found = inspect_machine(settings, meter, machine_ports(settings, meter))
    except PreFlightError as error:
        found = error.problems
    return PreFlightReport("this machine", (*backend_problems(backend_statuses()), *found))


def check_order(order: WorkOrder) -> PreFlightReport:
    """Everything that a run of this order would look at before it begins."""
    config = order.config
    subject = f"{config.model} on {config.backend}, {config.precision}"
    try:
        found = inspect(order, ports_for(order))
    except PreFlightError as error:
        return PreFlightReport(subject, (*error.problems, *error.warnings))
    no_energy = sensorless(found.meter, config.energy.meter)
    return PreFlightReport(subject, (*found.problems, *no_energy))


def backend_problems(backends: Sequence[BackendStatus]) -> tuple[Problem, ...]:
    """That none of the backends can be used, with what would change it."""
    if any(backend.usable for backend in backends):
        return ()
    why = "; ".join(f"{backend.name}: {backend.reason}" for backend in backends)
    cures = [backend.cure for backend in backends if backend.cure]
    return (
        Problem(
            code="no_backend",
            message=f"no backend can be used ({why or 'none is installed'})",
            cure=f"Install one: `{cures[0] if cures else _INSTALL}`.",
        ),
    )


_INSTALL = "pip install 'llem-cli[pytorch]'"
