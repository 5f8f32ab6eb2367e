"""Meters whose windows break one promise each."""

from llem_schema import DeviceReading, EnergyReading, FrozenDict

from .meter_around import WindowAround, changed, unmeasured


class ShiftedWindow(WindowAround):
    """Its ends are not those it was asked for; its reading is true of the ends that it names."""

    early_ns = 0
    late_ns = 0

    @property
    def start_ns(self) -> int:
        return self.inner.start_ns - self.early_ns

    @property
    def end_ns(self) -> int | None:
        return None if self.inner.end_ns is None else self.inner.end_ns + self.late_ns

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        start_ns, end_ns = self.start_ns, reading.end_ns + self.late_ns
        duration_s = (end_ns - start_ns) / 1e9
        scripted = self.session.meter.inner

        def between_those(device: DeviceReading) -> dict[str, float]:
            if device.energy_j is None:
                return {}
            joules = scripted.energy_j(device.uuid, start_ns, end_ns)
            return {"energy_j": joules, "mean_power_w": joules / duration_s}

        times = {"start_ns": start_ns, "end_ns": end_ns, "duration_s": duration_s}
        return changed(reading.model_copy(update=times), between_those)


class BeginsTooEarly(ShiftedWindow):
    early_ns = 1_000_000_000


class EndsTooLate(ShiftedWindow):
    late_ns = 1_000_000_000


class HasAnEndWhileOpen(WindowAround):
    @property
    def end_ns(self) -> int | None:
        return self.inner.end_ns or self.clock.monotonic_ns()


class WaitsAfterItsEnd(WindowAround):
    def end(self) -> None:
        self.inner.end()
        self.clock.sleep(1.0)


class EndsAgain(WindowAround):
    def end(self) -> None:
        if self.inner.end_ns is None:
            self.inner.end()


class ReadsWhileOpen(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        if self.inner.end_ns is None:
            other = self.session.inner.begin("other")
            other.end()
            return other.reading()
        return self.inner.reading(timeout_s)


class ForgetsItsName(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        return self.inner.reading(timeout_s).model_copy(update={"name": "window"})


class SortsItsReadings(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        in_order = tuple(sorted(reading.devices, key=lambda device: device.uuid))
        return reading.model_copy(update={"devices": in_order})


class WaitsTooLong(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        self.clock.sleep(2.0)
        return self.inner.reading(timeout_s)


class ReadsTooMuch(WindowAround):
    """Everything of it agrees, and is a fifth too high."""

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        return changed(
            self.inner.reading(timeout_s),
            lambda d: (
                {}
                if d.energy_j is None
                else {"energy_j": 1.2 * d.energy_j, "mean_power_w": 1.2 * d.mean_power_w}
            ),
        )


class IsTooSureOfItself(WindowAround):
    """Within 5 % of the truth, and sure to know it to a millionth."""

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = changed(
            self.inner.reading(timeout_s),
            lambda d: (
                {}
                if d.energy_j is None
                else {
                    "energy_j": 1.03 * d.energy_j,
                    "mean_power_w": 1.03 * d.mean_power_w,
                    "terms": FrozenDict({"edges": 1.03e-6 * d.energy_j}),
                }
            ),
        )
        if reading.energy_j is None:
            return reading
        wide_j = 2e-6 * sum(d.energy_j**2 for d in reading.devices) ** 0.5  # type: ignore[operator]
        return reading.model_copy(
            update={"uncertainty_j": wide_j, "comparison_uncertainty_j": wide_j}
        )


class CountsItsFirstDevice(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        first_j = reading.devices[0].energy_j
        if first_j is None:
            return reading
        return reading.model_copy(
            update={"energy_j": first_j, "mean_power_w": first_j / reading.duration_s}
        )


class AveragesOverAnHour(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        if reading.energy_j is None:
            return reading
        return reading.model_copy(update={"mean_power_w": reading.energy_j / 3600})


class TakesTheMeanForThePeak(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        return changed(
            self.inner.reading(timeout_s),
            lambda d: {"peak_power_w": d.peak_power_w and d.peak_power_w / 2},
        )


class StatesOneSigma(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        if reading.uncertainty_j is None:
            return reading
        return reading.model_copy(update={"uncertainty_j": reading.uncertainty_j / 2})


class KeepsItsFirstAnswer(WindowAround):
    """Asked too early it has nothing, and stays with that."""

    asked_early = False

    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        self.asked_early = self.asked_early or timeout_s == 0.0
        return unmeasured(reading, "asked too early") if self.asked_early else reading


class CallsFailureZero(WindowAround):
    def reading(self, timeout_s: float = 5.0) -> EnergyReading:
        reading = self.inner.reading(timeout_s)
        return reading if reading.code is None else changed(reading, lambda d: {"energy_j": 0.0})
