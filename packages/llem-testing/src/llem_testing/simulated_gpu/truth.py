"""The true energy of simulated boards."""

from llem_testing.simulated_gpu.curves import Curve
from llem_testing.simulated_gpu.scenario import Scenario


class Truth:
    """What an ideal meter would have read. Times are `time.monotonic_ns`, devices are UUIDs."""

    def __init__(self, scenario: Scenario) -> None:
        self._start_ns = scenario.start_ns
        self._curves = {gpu.uuid: gpu.power.curve() for gpu in scenario.gpus}

    def energy_j(self, device: str, start_ns: int, end_ns: int) -> float:
        """The integral of the true power: exact to a picojoule, then the nearest float.

        Negative where the end is before the start. Raises `ValueError` for an unknown device.
        """
        curve = self._curve(device)
        start_pj = curve.doubled_energy_pj(start_ns - self._start_ns)
        return (curve.doubled_energy_pj(end_ns - self._start_ns) - start_pj) / (2 * 10**12)

    def power_w(self, device: str, at_ns: int) -> float:
        """The true power at an instant. Raises `ValueError` for an unknown device."""
        return self._curve(device).power_mw(at_ns - self._start_ns) / 1e3

    def _curve(self, device: str) -> Curve:
        if device not in self._curves:
            raise ValueError(f"the scenario has no board {device!r}")
        return self._curves[device]
