"""The meter `nvml`: energy counter and power of NVIDIA GPUs."""

import os
from collections.abc import Sequence

from llem_contracts import Clock, ConfigError, LlemError, NotSupported, Problem, SystemClock
from llem_schema import HOST_ID, DeviceFacts, RunSettings

from llem_energy.card_shelf import Cards, CardShelf, NoCards, cache_folder
from llem_energy.device_window import MeteredDevice
from llem_energy.nvml_handles import Gpu, take_inventory
from llem_energy.nvml_library import BINDING_VARIABLE, NvmlLibrary, NvmlRefusal, open_library
from llem_energy.nvml_polling import OPEN_SENSORS
from llem_energy.nvml_problems import no_nvml
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.nvml_session import NvmlSession
from llem_energy.part_time import may_be_part_time
from llem_energy.process_sampler import ProcessSampler
from llem_energy.recording import Recording
from llem_energy.sampler import SamplerFactory, SamplingTask, ThreadSampler
from llem_energy.sensor_card import SensorCard, measure_card, refined

POLL_PERIOD_S = 0.02
"""A fifth of the usual update period of 100 ms: dates an edge to within 10 ms."""
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
        inventory = take_inventory(self._library)
        if inventory.failure is not None:
            return (no_nvml(inventory.failure, blocking=True),)
        found: list[Problem] = []
        for facts in devices:
            gpu = inventory.by_uuid(facts.uuid)
            if gpu is None:
                found.append(_unknown(facts.uuid, inventory.unreadable))
                continue
            found += self._sensor_problems(gpu)
            if _in_mig_mode(self._library, gpu):
                found.append(_shared(gpu))
        return tuple(found)

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> NvmlSession:
        if HOST_ID in devices:
            raise NotSupported(
                "the meter nvml reads NVIDIA GPUs, not the host CPU",
                cure="Choose `energy.meter: auto`.",
            )
        if not devices:
            raise ConfigError("no device was given to the meter", cure="Name at least one GPU.")
        if len(set(devices)) < len(devices):
            raise ConfigError(
                "a device was given to the meter twice", cure="Name every GPU once, by UUID."
            )
        inventory = take_inventory(self._library)
        if inventory.failure is not None:
            problem = no_nvml(inventory.failure, blocking=True)
            raise LlemError(problem.message, cure=problem.cure)
        period_s = SAMPLE_PERIOD_S if sample_period_s is None else sample_period_s
        sensors: list[NvmlSensors] = []
        gpus: list[Gpu] = []
        for uuid in devices:
            gpu = inventory.by_uuid(uuid)
            if gpu is None:
                problem = _unknown(uuid, inventory.unreadable)
                raise LlemError(problem.message, cure=problem.cure)
            of_gpu = NvmlSensors(self._library, gpu.handle, self._clock)
            if not of_gpu.readable:
                problem = _no_sensor(gpu, of_gpu)
                raise LlemError(problem.message, cure=problem.cure)
            sensors.append(of_gpu)
            gpus.append(gpu)
        cards = [self._card(gpu, of_gpu) for gpu, of_gpu in zip(gpus, sensors, strict=True)]
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
                flags=self._flags(gpu),
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
        return NvmlSession(metered, recording, sampler, self._clock, period_s, learn)

    def _card(self, gpu: Gpu, sensors: NvmlSensors) -> SensorCard:
        kept = self._cards.find(gpu.uuid, gpu.driver_version, sensors.quantities)
        if kept is not None:
            return kept
        card = measure_card(sensors, gpu.uuid, gpu.driver_version, self._clock)
        self._cards.keep(card)
        return card

    def _sensor_problems(self, gpu: Gpu) -> tuple[Problem, ...]:
        sensors = NvmlSensors(self._library, gpu.handle, self._clock)
        return () if sensors.readable else (_no_sensor(gpu, sensors),)

    def _flags(self, gpu: Gpu) -> tuple[str, ...]:
        flags = []
        if _in_mig_mode(self._library, gpu):
            flags.append("mig_parent")
        if self._library.simulated:
            flags.append("simulated_device")
        return tuple(flags)


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


def _in_mig_mode(library: NvmlLibrary, gpu: Gpu) -> bool:
    try:
        current, _pending = library.call("nvmlDeviceGetMigMode", gpu.handle)
    except NvmlRefusal:  # boards without MIG refuse the question
        return False
    return bool(current)


def _unknown(uuid: str, unreadable: Sequence[str]) -> Problem:
    return Problem(
        code="gpu_not_found",
        message="; ".join([f"the NVIDIA driver shows no GPU {uuid}", *unreadable]),
        cure="Compare with the UUIDs that `nvidia-smi -L` lists.",
    )


def _no_sensor(gpu: Gpu, sensors: NvmlSensors) -> Problem:
    refused = "; ".join(f"{sensor}: {why}" for sensor, why in sensors.refusals.items())
    return Problem(
        code="no_power_sensor",
        message=f"neither energy nor power of {gpu.name} ({gpu.uuid}) can be read: {refused}",
        cure="Use `energy.meter: none`, or a GPU and driver that report power.",
    )


def _shared(gpu: Gpu) -> Problem:
    return Problem(
        code="mig_parent",
        message=f"{gpu.name} ({gpu.uuid}) is partitioned, and its sensors see the whole board",
        cure="Keep the other partitions idle while measuring, or turn partitioning off.",
        blocking=False,
    )
