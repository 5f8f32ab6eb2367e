"""The meter `nvml`: energy counter and power of NVIDIA GPUs."""

import os
from collections.abc import Sequence

from llem_contracts import Clock, Problem, SystemClock
from llem_schema import DeviceFacts, RunSettings

from llem_energy.card_shelf import Cards, CardShelf, NoCards, cache_folder, find_cards
from llem_energy.device_window import MeteredDevice
from llem_energy.nvml_choice import as_error, device_problems, find_gpus, reading_flags
from llem_energy.nvml_handles import Gpu
from llem_energy.nvml_library import BINDING_VARIABLE, NvmlLibrary, open_library
from llem_energy.nvml_polling import OPEN_SENSORS
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.part_time import may_be_part_time
from llem_energy.process_sampler import ProcessSampler
from llem_energy.recording import Recording
from llem_energy.sampled_session import SampledSession
from llem_energy.sampler import SamplerFactory, SamplingTask, ThreadSampler
from llem_energy.sensor_card import SensorCard, refined

POLL_PERIOD_S = 0.1 / 3
"""Three times in the usual update period of 100 ms: the beat that the updates share dates them far
more closely, and every further look costs."""
_SHORTEST_POLL_S = 0.004
_POLLS_PER_UPDATE = 2.5
"""So that a poll and the next one cannot both miss an update of the fastest sensor."""
SAMPLE_PERIOD_S = 0.1
"""The sensors publish no more often on current boards."""


class NvmlMeter:
    """Opens sessions on GPUs given by UUID."""

    def __init__(
        self,
        library: NvmlLibrary,
        clock: Clock,
        make_sampler: SamplerFactory = ThreadSampler,
        cards: Cards | None = None,
    ) -> None:
        """`make_sampler`: a thread by default, since another process cannot use this `library`.

        `cards`: where sensor cards are kept; None measures every board anew.
        """
        self._library = library
        self._clock = clock
        self._make_sampler = make_sampler
        self._cards = cards or NoCards()

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        return device_problems(self._library, devices, self._sensor_problems)

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> SampledSession:
        gpus = find_gpus(self._library, devices, "nvml")
        period_s = SAMPLE_PERIOD_S if sample_period_s is None else sample_period_s
        sensors: list[NvmlSensors] = []
        for gpu in gpus:
            of_gpu = NvmlSensors(self._library, gpu.handle, self._clock)
            if not of_gpu.readable:
                raise as_error(_no_sensor(gpu, of_gpu))
            sensors.append(of_gpu)
        cards = find_cards(self._cards, list(zip(sensors, gpus, strict=True)), self._clock)
        stride = max(1, round(period_s / poll_period_s(cards)))
        recording = Recording(devices, stride)
        metered = [
            MeteredDevice(
                trace=recording.traces[gpu.uuid],
                has_counter=of_gpu.has_counter,
                has_instant=of_gpu.has_instant,
                has_average=of_gpu.has_average,
                part_time=may_be_part_time(of_gpu.compute_capability),
                beats=card.known_beats(),
                flags=reading_flags(self._library, gpu),
            )
            for gpu, of_gpu, card in zip(gpus, sensors, cards, strict=True)
        ]

        def learn() -> None:
            for card in cards:
                better = refined(card, recording.traces[card.uuid])
                if better != card:
                    self._cards.keep(better)

        sampler = self._make_sampler(
            SamplingTask(
                sensors=sensors,
                sensors_elsewhere=OPEN_SENSORS,
                devices=tuple(devices),
                period_s=period_s / stride,
                recording=recording,
                clock=self._clock,
            )
        )
        return SampledSession(metered, recording, sampler, self._clock, period_s, learn)

    def _sensor_problems(self, gpu: Gpu) -> tuple[Problem, ...]:
        sensors = NvmlSensors(self._library, gpu.handle, self._clock)
        return () if sensors.readable else (_no_sensor(gpu, sensors),)


def create_nvml_meter(settings: RunSettings) -> NvmlMeter:
    """Factory of the entry point. Raises `PluginError` for an unusable `LLEM_NVML_BINDING`."""
    clock = SystemClock()
    cards = CardShelf(cache_folder(os.environ), os.environ.get(BINDING_VARIABLE, "pynvml"))
    return NvmlMeter(open_library(clock=clock), clock, ProcessSampler, cards)


def poll_period_s(cards: Sequence[SensorCard]) -> float:
    """How often to poll boards with these sensors: `POLL_PERIOD_S`, or as a fast sensor needs."""
    known_s = [card.shortest_period_s for card in cards if card.shortest_period_s is not None]
    shortest_s = min(known_s, default=POLL_PERIOD_S * _POLLS_PER_UPDATE)
    return min(POLL_PERIOD_S, max(shortest_s / _POLLS_PER_UPDATE, _SHORTEST_POLL_S))


def _no_sensor(gpu: Gpu, sensors: NvmlSensors) -> Problem:
    refused = "; ".join(f"{sensor}: {why}" for sensor, why in sensors.refusals.items())
    return Problem(
        code="no_power_sensor",
        message=f"neither energy nor power of {gpu.name} ({gpu.uuid}) can be read: {refused}",
        cure="Use `energy.meter: none`, or a GPU and driver that report power.",
    )
