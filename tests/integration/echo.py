"""Runs of the third party's backend, which computes nothing, under its meter."""

from llem_testing.process import SHORT_RUN

METER = {"ACME_WATTMETER": '{"idle_w": 40.0, "busy_w": 100.0}'}
"""What its meter wants in the environment."""

METERED = ("--set=energy.meter=acme-wattmeter",)

PHASES = {
    "baseline": ("--set=baseline.duration_seconds=60",),
    "warm-up": ("--set=warmup.n_warmup=100000",),
    "heat": ("--set=warmup.thermal=floor", "--set=warmup.thermal_floor_seconds=60"),
    "measure": ("--set=min_window_s=60",),
}
"""Settings under which a phase lasts much longer than any test."""


def run_on(backend: str) -> tuple[str, ...]:
    """A short run of four prompts on a backend that takes any model or `acme:echo`."""
    return ("run", "-m", "acme:echo", "-b", backend, "--precision", "fp32", "-n", "4", *SHORT_RUN)


ECHO = run_on("acme-echo")
