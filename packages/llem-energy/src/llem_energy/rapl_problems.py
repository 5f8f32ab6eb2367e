"""What is wrong when RAPL cannot be read, and what a person can do about it."""

from pathlib import Path

from llem_contracts import NO_PERMISSION, Problem

_RULE = 'SUBSYSTEM=="powercap", KERNEL=="intel-rapl:*", RUN+="/bin/chmod a+r /sys%p/energy_uj"'
"""For udev: every zone becomes readable as it appears."""


def no_zones(root: Path) -> Problem:
    """There is no RAPL."""
    return Problem(
        code="no_rapl",
        message=f"the processor shows no energy counter (RAPL) in {root}",
        cure=(
            "On a machine of one's own with an Intel or AMD processor: `sudo modprobe "
            "intel_rapl_msr`. Most virtual machines have none, and a container may hide it."
        ),
    )


def no_permission(root: Path) -> Problem:
    """There is RAPL, and its counters are root's alone, as Linux makes them since 5.10."""
    return Problem(
        code=NO_PERMISSION,
        message=f"the processor's energy counters (RAPL) in {root} may be read by root alone",
        cure=(
            f"Let everyone read them: `sudo chmod a+r {root}/intel-rapl:*/energy_uj`; and after "
            f"every boot: `echo '{_RULE}' | sudo tee /etc/udev/rules.d/60-rapl.rules`."
        ),
    )


def unreadable(folder: Path, error: Exception) -> Problem:
    """A zone is there and gives no number."""
    return Problem(
        code="rapl_unreadable",
        message=f"the energy counter in {folder} cannot be read: {error}",
        cure=f"Look at it with `sudo cat {folder}/energy_uj`; use `energy.meter: none` till then.",
    )
