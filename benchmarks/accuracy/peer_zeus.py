"""Zeus: `begin_window` and `end_window` of a `ZeusMonitor`, with its default settings.

It reads the energy counter and the time at both ends, and nothing between them. So its driver and
its time are all that has to be virtual.
"""

from importlib.metadata import version
from typing import Any

from llem_testing.simulated_gpu import StandIn
from peer_stage import Stage

_VOLTA = 5
"""`NVML_DEVICE_ARCH_VOLTA`; for older parts Zeus polls in processes, in real time."""


class Zeus:
    """A new monitor for every window, as on a machine that has just been started."""

    def __init__(self, *, virtual: bool) -> None:
        self._virtual = virtual
        self._driver = StandIn()
        with self._driver.installed():
            from zeus.device import gpu
            from zeus.monitor import energy

            gpu.nvidia.nvml_is_available()
        self._gpu: Any = gpu
        self._energy: Any = energy
        self.version = version("zeus")

    def energy_j(self, stage: Stage) -> float:
        if any(board.architecture < _VOLTA for board in stage.scenario.gpus):
            raise ValueError("Zeus would poll this part in real time")
        self._driver.stand_for(stage.nvml)
        self._gpu._gpus = None
        if self._virtual:
            self._energy.time = lambda: stage.now_ns / 1e9
        order = [board.uuid for board in stage.scenario.gpus]
        monitor = self._energy.ZeusMonitor(
            gpu_indices=[order.index(uuid) for uuid in stage.devices], cpu_indices=[]
        )
        stage.wait_until(stage.start_ns)
        monitor.begin_window("window", sync_execution=False)
        stage.wait_until(stage.end_ns)
        return float(monitor.end_window("window", sync_execution=False).total_energy)
