"""Runs of the third party's backend, which computes nothing, under its meter."""

from llem_testing.process import SHORT_RUN, Command

from .side_plugin import install_backend

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

LATE_PHASES = {
    "prefill": (),
    "latency": ("--set=latency=separate",),
}
"""What follows the measured window, and the settings under which it does."""

LINGERS = """
from llem_testing.backend import ScriptedModel


class Lingering(ScriptedModel):
    late = False

    def generate(self, requests, progress=None, **settings):
        prefill = settings.get("output_tokens") == 1
        after_it = self.late and not prefill
        lingers = after_it if self._config.latency == "separate" else prefill
        self.late = self.late or prefill

        def told(done):
            progress(done)
            if done == 1:
                self._backend.clock.sleep(LINGER_S)

        return super().generate(requests, told if lingers else progress, **settings)


class LingeringBackend(ScriptedBackend):
    @contextmanager
    def load(self, config):
        with super().load(config):
            yield Lingering(self, config)


def create(settings):
    return LingeringBackend(SystemClock(), batch_size=1)
"""


def lingering_in(
    phase: str, llem: Command, linger_s: float
) -> tuple[tuple[str, ...], dict[str, str]]:
    """A metered run that stays in one of the late phases, with one of four requests done.

    Gives its arguments and its environment.
    """
    source = "from contextlib import contextmanager\n" + LINGERS.replace("LINGER_S", str(linger_s))
    found = install_backend(llem.folder.parent / "plugins", "lingering", source)
    return (*run_on("lingering"), *METERED, *LATE_PHASES[phase]), METER | found
