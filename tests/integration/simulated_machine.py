"""A machine with GPUs in software, for the installed command."""

from pathlib import Path

from llem_testing.simulated_gpu import SCENARIO_VARIABLE, Scenario, write_scenario


def simulated(scenario: Scenario, folder: Path) -> dict[str, str]:
    """The environment that puts a command on it."""
    machine = folder / "machine.json"
    write_scenario(scenario, machine)
    return {
        "LLEM_NVML_BINDING": "llem_testing.simulated_gpu.binding:BINDING",
        SCENARIO_VARIABLE: str(machine),
    }
