"""What about the devices of a run would spoil its figures. None of it stops the run."""

from collections.abc import Mapping, Sequence

from llem_contracts import DeviceProcess, DeviceState, Problem
from llem_schema import AcceleratorFacts, DeviceFacts, HostFacts

_STEADY_GOVERNOR = "performance"
_ROUNDING_W = 1.0
"""Drivers round limits."""


def device_problems(
    devices: Sequence[DeviceFacts], states: Mapping[str, DeviceState], own_pid: int
) -> tuple[Problem, ...]:
    """Remarks on the devices that a run computes on.

    `states` by UUID. `own_pid`: the process that asks, which may hold a device itself.
    """
    found: list[Problem] = []
    for device in devices:
        if isinstance(device, HostFacts):
            found += _governed(device)
        else:
            found += (
                *_unloadable(device),
                *_limited(device),
                *_in_use(device, states[device.uuid], own_pid),
            )
    return tuple(found)


def _governed(host: HostFacts) -> tuple[Problem, ...]:
    """A CPU whose clocks follow the load: its speed and its power depend on what went before."""
    if host.governor in (None, _STEADY_GOVERNOR):
        return ()
    return (
        Problem(
            code="cpu_governor",
            message=f"the frequency governor of the CPU is {host.governor}, so its clocks follow "
            "the load and figures scatter more",
            cure=f"Set it with `echo {_STEADY_GOVERNOR} | sudo tee "
            "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor`.",
            blocking=False,
        ),
    )


def _unloadable(gpu: AcceleratorFacts) -> tuple[Problem, ...]:
    """A GPU that the driver lets go of whenever no program holds it (CM-31)."""
    if gpu.persistence_mode is not False:
        return ()
    return (
        Problem(
            code="persistence_off",
            message=(
                f"persistence mode of {gpu.name} ({gpu.uuid}) is off, so its idle power and "
                "its clocks depend on which other programs hold the GPU"
            ),
            cure=f"Turn it on with `sudo nvidia-smi -i {gpu.uuid} -pm 1`.",
            blocking=False,
        ),
    )


def _limited(gpu: AcceleratorFacts) -> tuple[Problem, ...]:
    """A GPU that may draw less than it is made for."""
    limit_w, default_w = gpu.power_limit_w, gpu.power_limit_default_w
    if limit_w is None or default_w is None or limit_w > default_w - _ROUNDING_W:
        return ()
    return (
        Problem(
            code="power_limit_lowered",
            message=f"the power limit of {gpu.name} ({gpu.uuid}) is {limit_w:,.0f} W, below its "
            f"default of {default_w:,.0f} W",
            cure="Compare with runs under the same limit, or set the default with "
            f"`sudo nvidia-smi -i {gpu.uuid} -pl {default_w:.0f}`.",
            blocking=False,
        ),
    )


def _in_use(gpu: AcceleratorFacts, state: DeviceState, own_pid: int) -> tuple[Problem, ...]:
    """A GPU on which others compute: their joules cannot be told from ours."""
    held = [process for process in state.processes if process.pid != own_pid]
    if not held:
        return ()
    return (
        Problem(
            code="device_in_use",
            message=f"{gpu.name} ({gpu.uuid}) is used by other processes too, whose "
            f"energy would be in the figures: {', '.join(map(_process, held))}",
            cure="Wait for them or end them, or choose another GPU in CUDA_VISIBLE_DEVICES.",
            blocking=False,
        ),
    )


def _process(process: DeviceProcess) -> str:
    memory = "" if process.memory_mib is None else f" with {process.memory_mib:,.0f} MiB"
    return f"pid {process.pid}{memory}"
