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
