"""What the entry points of this package name. Imports nothing that talks to a device."""

from llem_contracts import DevicesDescriptor, MeterDescriptor

NVML_METER = MeterDescriptor(
    name="nvml",
    summary="NVIDIA GPUs: the driver's energy counter, else the integral of its power reading",
    factory="llem_energy.nvml_meter:create_nvml_meter",
    requires=("pynvml",),
    install_hint="pip install nvidia-ml-py",
    device_kinds=frozenset({"accelerator"}),
    rank=10,
    automatic=True,
)
RAPL_METER = MeterDescriptor(
    name="rapl",
    summary="the host: the processor's own energy counters of packages and memory (RAPL)",
    factory="llem_energy.rapl_meter:create_rapl_meter",
    device_kinds=frozenset({"host"}),
    rank=11,
    automatic=True,
)
ZEUS_METER = MeterDescriptor(
    name="zeus",
    summary="NVIDIA GPUs through the package Zeus: the energy counter at both ends of a window",
    factory="llem_energy.zeus_meter:create_zeus_meter",
    requires=("pynvml", "zeus"),
    install_hint="pip install 'llem-energy[zeus]'",
    device_kinds=frozenset({"accelerator"}),
    rank=30,
    automatic=False,
)
CODECARBON_METER = MeterDescriptor(
    name="codecarbon",
    summary="NVIDIA GPUs through the package CodeCarbon: the GPU's share of its tasks",
    factory="llem_energy.codecarbon_meter:create_codecarbon_meter",
    requires=("pynvml", "codecarbon"),
    install_hint="pip install 'llem-energy[codecarbon]'",
    device_kinds=frozenset({"accelerator"}),
    rank=30,
    automatic=False,
)
ESTIMATE_METER = MeterDescriptor(
    name="estimate",
    summary="the host: an estimate from CPU time and a stated power per core, no measurement",
    factory="llem_energy.estimate_meter:create_estimate_meter",
    device_kinds=frozenset({"host"}),
    rank=50,
    automatic=False,
)
NULL_METER = MeterDescriptor(
    name="none",
    summary="no meter: every reading is empty and says why",
    factory="llem_energy.null_meter:create_null_meter",
    device_kinds=frozenset({"accelerator", "host"}),
    rank=100,
    automatic=True,
    senses=False,
)
NVML_DEVICES = DevicesDescriptor(
    name="nvml",
    summary="NVIDIA GPUs through the driver's management library",
    factory="llem_energy.nvml_devices:create_nvml_devices",
    requires=("pynvml",),
    install_hint="pip install nvidia-ml-py",
    logical_kinds=frozenset({"cuda"}),
)
HOST_DEVICES = DevicesDescriptor(
    name="host",
    summary="the CPU and memory of this machine",
    factory="llem_energy.host_devices:create_host_devices",
    logical_kinds=frozenset({"cpu"}),
)
