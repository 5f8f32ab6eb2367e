"""Whether there will be energy."""

from llem_contracts import MeterChoice, Problem


def meter_problems(choice: MeterChoice | None) -> tuple[Problem, ...]:
    """Why the devices of a run cannot be metered as asked. `choice` is that of these devices."""
    if choice is not None:
        return choice.problems
    return (Problem(code="no_meter", message="no meter is installed", cure="Install llem-energy."),)


def sensorless(choice: MeterChoice | None, asked: str) -> tuple[Problem, ...]:
    """That `auto` finds nothing to read: a run goes ahead and has no energy.

    A run tells it among the warnings of its result; this is for a report without a run.
    """
    if choice is None or choice.descriptor.senses or asked != "auto":
        return ()
    return (
        Problem(
            code="no_sensor",
            message=f"there will be no energy: {choice.reason}",
            cure="`llem config` says what each meter lacks; `energy.meter: estimate` reckons the "
            "host's energy from its CPU time.",
            blocking=False,
        ),
    )
