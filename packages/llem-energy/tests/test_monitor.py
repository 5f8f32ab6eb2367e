"""The public way in: a monitor, a listing, and an import that costs little."""

import subprocess
import sys
from typing import Any

import llem_energy
import pytest
from llem_contracts import (
    METERS,
    ConfigError,
    Meter,
    MeterCandidate,
    Plugin,
    PluginError,
    PreFlightError,
    SystemClock,
    installed,
)
from llem_energy import EnergyMonitor, NullMeter, open_library
from llem_energy.descriptors import ESTIMATE_METER, NULL_METER, NVML_METER, RAPL_METER

from .wiring import wired


class TestMonitor:
    def test_a_window_has_the_energy_of_its_body(self, make_machine: Any) -> None:
        machine = make_machine()
        with EnergyMonitor(**wired(machine)) as monitor, monitor.window("load") as window:
            true_j = machine.work(2.0, 400.0)
        assert window.reading.energy_j == pytest.approx(true_j, rel=0.02)
        assert window.reading.name == "load"
        assert monitor.series()

    def test_sync_comes_before_either_end_is_timed(self, make_machine: Any) -> None:
        machine = make_machine()
        times: list[int] = []

        def sync() -> None:
            machine.work(0.5, 50.0)
            times.append(machine.clock.now_ns)

        with EnergyMonitor(**wired(machine)) as monitor:
            with monitor.window("load", sync=sync) as window:
                machine.work(1.0, 400.0)
            assert times == [window.reading.start_ns, window.reading.end_ns]

    def test_a_body_that_raises_closes_its_window_and_is_heard(self, make_machine: Any) -> None:
        machine = make_machine()
        with EnergyMonitor(**wired(machine)) as monitor:
            with pytest.raises(ZeroDivisionError), monitor.window("load") as window:
                _ = machine.work(2.0, 400.0) / 0
            assert window.reading.energy_j == pytest.approx(800.0, rel=0.02)

    def test_a_sync_that_raises_closes_the_window_too(self, make_machine: Any) -> None:
        machine = make_machine()
        answers = iter([None, RuntimeError("device gone")])

        def sync() -> None:
            answer = next(answers)
            if answer is not None:
                raise answer

        with EnergyMonitor(**wired(machine)) as monitor:
            gone = pytest.raises(RuntimeError, match="device gone")
            with gone, monitor.window("load", sync=sync) as window:
                machine.work(2.0, 400.0)
            assert window.reading.duration_s == pytest.approx(2.0)

    def test_no_sensor_is_a_reading_with_its_reason(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.nvml.faults["nvmlInit"] = 12
        for meter in ("auto", "nvml", "none"):
            with EnergyMonitor(meter, **wired(machine)) as monitor, monitor.window("x") as window:
                pass
            reading = window.reading
            assert (reading.energy_j, reading.uncertainty_j) == (None, None)
            assert reading.code == "no_sensor"
            assert "management library" in (reading.reason or "")
            assert [device.uuid for device in reading.devices] == ["host"]

    def test_devices_are_named_by_uuid_or_logical_name(self, make_machine: Any) -> None:
        machine = make_machine(("H100", "H100"))
        for name in ("cuda:1", machine.uuids[1]):
            with EnergyMonitor(devices=[name], **wired(machine)) as monitor:
                with monitor.window("x") as window:
                    machine.work(1.5, 300.0)
                assert [d.uuid for d in window.reading.devices] == [machine.uuids[1]]

    def test_what_does_not_exist_is_refused_at_once(self, make_machine: Any) -> None:
        wiring = wired(make_machine())
        for devices in (["GPU-x"], ["cuda:5"], []):
            with pytest.raises(ConfigError):
                EnergyMonitor(devices=devices, **wiring)
        with pytest.raises(ConfigError):
            EnergyMonitor("nvlm")

    def test_a_meter_that_a_setting_spoils_is_refused(self, make_machine: Any) -> None:
        def create() -> Meter:
            raise ConfigError("W=abc is no power", cure="Unset it.")

        spoilt = MeterCandidate(Plugin("rapl", "p", "1", RAPL_METER, None), create)
        wiring = wired(make_machine()) | {"find_meters": lambda name: [spoilt]}
        monitor = EnergyMonitor("rapl", ["cpu"], **wiring)
        with pytest.raises(PreFlightError, match="W=abc is no power") as refused:
            monitor.start()
        assert [problem.cure for problem in refused.value.problems] == ["Unset it."]

    def test_outside_its_with_a_monitor_does_nothing(self, make_machine: Any) -> None:
        monitor = EnergyMonitor(**wired(make_machine()))
        with pytest.raises(RuntimeError, match="not running"):
            monitor.series()
        with monitor, pytest.raises(RuntimeError, match="once"), monitor:
            pass


class TestThread:
    def test_a_real_thread_samples_beside_the_work(self, make_machine: Any) -> None:
        """Against the machine's clock; says that samples arrive and sampling stops, not when."""
        machine = make_machine()
        clock = SystemClock()
        meter = llem_energy.NvmlMeter(machine.library, clock)
        session = meter.open(machine.uuids, 0.02)
        clock.sleep(0.1)
        session.close()
        samples = session.samples()
        assert samples
        clock.sleep(0.05)
        assert list(session.samples()) == list(samples)

    def test_a_sampler_that_breaks_becomes_the_reason(self, make_machine: Any) -> None:
        machine = make_machine().without_counter()
        meter = llem_energy.NvmlMeter(machine.library, SystemClock())
        session = meter.open(machine.uuids)
        window = session.begin("broken")

        def broken() -> int:
            raise ValueError("nonsense from the driver")

        machine.nvml.faults["nvmlDeviceGetFieldValues"] = broken
        SystemClock().sleep(0.1)
        window.end()
        reading = window.reading()
        session.close()
        assert (reading.energy_j, reading.code) == (None, "sensor_failed")
        assert "nonsense from the driver" in (reading.reason or "")


class TestNullMeter:
    def test_it_waits_for_nothing_and_says_why(self) -> None:
        session = NullMeter(SystemClock(), "because").open(["host", "GPU-1"])
        idle = session.idle(3600.0)
        assert (idle.power_w, idle.code, idle.reason) == (None, "no_sensor", "because")
        assert (session.samples(), session.sample_period_s) == ((), None)
        window = session.begin("x")
        with pytest.raises(RuntimeError, match="still open"):
            window.reading()
        window.end()
        with pytest.raises(RuntimeError, match="ended before"):
            window.end()
        reading = window.reading()
        assert (reading.energy_j, reading.code) == (None, "no_sensor")
        assert [(d.uuid, d.reason) for d in reading.devices] == [
            ("host", "because"),
            ("GPU-1", "because"),
        ]
        session.close()


class TestListing:
    def test_each_device_says_which_meter_reads_it_or_why_none_does(
        self, make_machine: Any
    ) -> None:
        gpu, host = llem_energy.devices(**wired(make_machine()))
        assert (gpu.usable, gpu.meter, gpu.reason) == (True, "nvml", None)
        assert (host.usable, host.meter) == (False, None)
        assert "no sensor" in (host.reason or "")

    def test_a_kind_that_cannot_be_seen_is_listed_with_its_reason(self, make_machine: Any) -> None:
        machine = make_machine()
        machine.nvml.faults["nvmlInit"] = 12
        gpus, _ = llem_energy.devices(**wired(machine))
        assert (gpus.facts, gpus.usable) == (None, False)
        assert "management library" in (gpus.reason or "")

    def test_the_installed_sources_answer_on_any_machine(self) -> None:
        assert {"nvml", "host"} <= {entry.source for entry in llem_energy.devices()}


class TestBinding:
    def test_the_variable_names_another_binding(self) -> None:
        library = open_library({"LLEM_NVML_BINDING": "pynvml:NVMLError"}, SystemClock())
        assert library.simulated
        assert not open_library({}, SystemClock()).simulated

    def test_a_binding_that_does_not_exist_is_an_error_that_names_the_variable(self) -> None:
        with pytest.raises(PluginError, match="LLEM_NVML_BINDING"):
            open_library({"LLEM_NVML_BINDING": "nowhere:binding"}, SystemClock())


class TestPackage:
    def test_importing_it_loads_nothing_heavy(self) -> None:
        script = (
            "import sys, llem_energy, llem_energy.descriptors\n"
            "heavy = {'torch', 'transformers', 'pyarrow', 'pynvml'} & set(sys.modules)\n"
            "assert not heavy, heavy"
        )
        subprocess.run([sys.executable, "-c", script], check=True)

    def test_its_plugins_are_found_whole(self) -> None:
        whole = {p.name: p.descriptor for p in installed(METERS) if p.problem is None}
        assert whole["nvml"] is NVML_METER
        assert whole["none"] is NULL_METER
        assert whole["rapl"] is RAPL_METER
        assert whole["estimate"] is ESTIMATE_METER

    def test_auto_never_takes_its_estimate(self) -> None:
        assert RAPL_METER.automatic
        assert not ESTIMATE_METER.automatic
        assert NVML_METER.rank < RAPL_METER.rank < ESTIMATE_METER.rank

    def test_all_public_names_exist(self) -> None:
        for name in llem_energy.__all__:
            assert getattr(llem_energy, name) is not None
        with pytest.raises(AttributeError):
            _ = llem_energy.nothing
