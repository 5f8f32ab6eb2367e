"""The meter `nvml`: energy counter and power of NVIDIA GPUs."""

from collections.abc import Callable, Sequence

from llem_contracts import Clock, ConfigError, LlemError, NotSupported, Problem, SystemClock
from llem_schema import HOST_ID, DeviceFacts, RunSettings

from llem_energy.device_window import MeteredDevice
from llem_energy.nvml_handles import Gpu, take_inventory
from llem_energy.nvml_library import NvmlLibrary, NvmlRefusal, open_library
from llem_energy.nvml_problems import no_nvml
from llem_energy.nvml_sensors import NvmlSensors
from llem_energy.nvml_session import NvmlSession
from llem_energy.polling import PollingLoop
from llem_energy.recording import Recording
from llem_energy.sampler import Sampler, ThreadSampler

POLL_PERIOD_S = 0.02
"""A fifth of the usual update period of 100 ms: dates an edge to within 10 ms."""
SAMPLE_PERIOD_S = 0.1
"""The sensors publish no more often on current boards."""

SamplerFactory = Callable[[PollingLoop, Recording, Clock], Sampler]


class NvmlMeter:
    """Opens sessions on GPUs given by UUID."""

    def __init__(
        self, library: NvmlLibrary, clock: Clock, make_sampler: SamplerFactory = ThreadSampler
    ) -> None:
        self._library = library
        self._clock = clock
        self._make_sampler = make_sampler

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
        stride = max(1, round(period_s / POLL_PERIOD_S))
        recording = Recording(devices, stride)
        sensors: list[NvmlSensors] = []
        metered: list[MeteredDevice] = []
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
            metered.append(
                MeteredDevice(
                    trace=recording.traces[uuid],
                    has_counter=of_gpu.has_counter,
                    has_power=of_gpu.power_source is not None,
                    averages=of_gpu.averages,
                    flags=self._flags(gpu),
                )
            )
        loop = PollingLoop(sensors, recording, self._clock, period_s / stride)
        sampler = self._make_sampler(loop, recording, self._clock)
        return NvmlSession(metered, recording, sampler, self._clock, period_s)

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
    return NvmlMeter(open_library(clock=clock), clock)


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
