"""A scenario in a file, so that every process of a run simulates the same machine."""

import os
from collections.abc import Mapping
from pathlib import Path

from llem_contracts import ConfigError
from pydantic import ValidationError

from llem_testing.simulated_gpu.scenario import Scenario

SCENARIO_VARIABLE = "LLEM_SIMULATED_GPU"
"""Names the file with the scenario, as an absolute path."""


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write the scenario as JSON."""
    path.write_text(scenario.model_dump_json(indent=1), encoding="utf-8")


def read_scenario(path: Path) -> Scenario:
    """Read what `write_scenario` wrote. Raises `ConfigError`."""
    try:
        return Scenario.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the scenario cannot be read: {error.strerror}",
            cure=f"Let {SCENARIO_VARIABLE} name a file that `write_scenario` wrote.",
            file=str(path),
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise ConfigError(
            f"this is no scenario: {place}: {first['msg']}",
            cure="Write it with `write_scenario`.",
            file=str(path),
        ) from error


def scenario_from_environment(environ: Mapping[str, str] | None = None) -> Scenario:
    """The scenario that `LLEM_SIMULATED_GPU` names. Raises `ConfigError`."""
    name = (os.environ if environ is None else environ).get(SCENARIO_VARIABLE)
    if not name or not Path(name).is_absolute():
        raise ConfigError(
            f"{SCENARIO_VARIABLE} does not name a file by its absolute path",
            cure="Write a scenario with `write_scenario` and set the variable to its path.",
        )
    return read_scenario(Path(name))
