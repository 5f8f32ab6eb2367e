"""Meters around other packages, which read the energy counter of a GPU at both ends of a window.

The package gives the joules. Which GPU is meant, whether it has a counter, how often that updates
and what the board may draw is asked of the driver here, so that a figure can be refused where the
package would give one all the same, and its error be stated where the package states none.
"""

import os
from collections.abc import Mapping, Sequence

from llem_contracts import Clock, ConfigError, Problem
from llem_schema import DeviceFacts

from llem_energy.card_shelf import Cards, CardShelf, NoCards, cache_folder, find_cards
from llem_energy.nvml_choice import as_error, device_problems, find_gpus, reading_flags
from llem_energy.nvml_handles import Gpu
from llem_energy.nvml_library import BINDING_VARIABLE, NvmlLibrary, NvmlRefusal, open_library
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.part_time import may_be_part_time
from llem_energy.wrapper import Wrapper
from llem_energy.wrapper_session import WrappedGpu, WrapperSession

UNKNOWN_PERIOD_S = 1.0
"""Taken for the update period of a counter that has not shown it; the readings are flagged."""


class WrapperMeter:
    """Opens sessions of a wrapped package on GPUs given by UUID."""

    def __init__(
        self, library: NvmlLibrary, clock: Clock, wrapper: Wrapper, cards: Cards | None = None
    ) -> None:
        """`library`: the same driver that the package talks to."""
        self._library = library
        self._clock = clock
        self._wrapper = wrapper
        self._cards = cards or NoCards()

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        return device_problems(self._library, devices, self._of_gpu)

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> WrapperSession:
        """Takes up to three seconds per board whose counter's period is not known yet."""
        gpus = find_gpus(self._library, devices, self._wrapper.method)
        for gpu in gpus:
            problems = self._of_gpu(gpu)
            if problems:
                raise as_error(problems[0])
        return WrapperSession([self._wrapped(gpu) for gpu in gpus], self._wrapper, self._clock)

    def _of_gpu(self, gpu: Gpu) -> tuple[Problem, ...]:
        sensors = NvmlSensors(self._library, gpu.handle, self._clock)
        if not sensors.has_counter:
            return (self._no_counter(gpu, sensors),)
        problem = self._wrapper.problem(gpu)
        return () if problem is None else (problem,)

    def _wrapped(self, gpu: Gpu) -> WrappedGpu:
        sensors = NvmlSensors(self._library, gpu.handle, self._clock)
        (card,) = find_cards(self._cards, [(sensors, gpu)], self._clock)
        beat = card.beats.get("energy")
        limit_w = self._power_limit_w(gpu)
        flags = list(reading_flags(self._library, gpu))
        if beat is None:
            flags.append("counter_period_unknown")
        if limit_w is None:
            flags.append("power_limit_unknown")
        if may_be_part_time(sensors.compute_capability):
            flags.append("sampling_unstated")
        return WrappedGpu(
            gpu=gpu,
            period_s=UNKNOWN_PERIOD_S if beat is None else beat.period_s + beat.half_s,
            limit_w=limit_w,
            flags=tuple(flags),
        )

    def _power_limit_w(self, gpu: Gpu) -> float | None:
        try:
            milliwatts = self._library.call("nvmlDeviceGetEnforcedPowerLimit", gpu.handle)
        except NvmlRefusal:
            return None
        return float(milliwatts) / 1e3

    def _no_counter(self, gpu: Gpu, sensors: NvmlSensors) -> Problem:
        return Problem(
            code="no_energy_counter",
            message=f"the energy counter of {gpu.name} ({gpu.uuid}) cannot be read "
            f"({sensors.refusals.get('energy counter')}), and without one {self._wrapper.package} "
            "would guess from power readings",
            cure="Use `energy.meter: nvml`.",
        )


def installed_wrapper_meter(
    wrapper: Wrapper, clock: Clock, environ: Mapping[str, str] | None = None
) -> WrapperMeter:
    """The meter on the driver of this machine.

    Raises `ConfigError` where `LLEM_NVML_BINDING` names another: the package would not follow.
    """
    environ = os.environ if environ is None else environ
    if environ.get(BINDING_VARIABLE):
        raise ConfigError(
            f"{wrapper.package} imports pynvml itself, and {BINDING_VARIABLE} does not reach it",
            cure=f"Unset {BINDING_VARIABLE}, or use `energy.meter: nvml`.",
        )
    cards = CardShelf(cache_folder(environ), "pynvml")
    return WrapperMeter(open_library(environ, clock), clock, wrapper, cards)
