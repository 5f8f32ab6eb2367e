"""Idle power: bare, resident, kept for later runs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import DeviceProcess, DeviceState
from llem_harness import run
from llem_harness.baseline_cache import DEFAULT_TTL_S, BaselineCache
from llem_schema import BaselineRecord, WorkOrder
from llem_testing import (
    ScriptedDevices,
    Watts,
    example_accelerator,
    example_baseline,
    example_host,
)


@pytest.fixture
def caching(order: WorkOrder, tmp_path: Path) -> WorkOrder:
    """The order with a cache folder."""
    settings = order.settings.model_copy(update={"cache_dir": str(tmp_path / "cache")})
    return order.model_copy(update={"settings": settings})


def with_ttl(order: WorkOrder, seconds: float) -> WorkOrder:
    baseline = order.config.baseline.model_copy(update={"cache_ttl_seconds": seconds})
    config = order.config.model_copy(update={"baseline": baseline})
    return order.model_copy(update={"config": config})


def bare(result: Any) -> BaselineRecord:
    record = result.energy_breakdown.baseline
    assert record is not None
    return record  # type: ignore[no-any-return]


class TestBare:
    def test_has_its_error(self, world: Any, order: WorkOrder) -> None:
        record = bare(run(order, world.ports))
        assert (record.kind, record.source) == ("bare", "measured")
        assert record.standard_error_w is not None
        assert record.effective_samples == record.samples

    def test_says_whether_the_engine_held_the_device_before(
        self, world: Any, order: WorkOrder
    ) -> None:
        assert not bare(run(order, world.ports)).engine_context
        import os

        held = DeviceState(
            free_memory_mib=None,
            used_memory_mib=None,
            processes=(DeviceProcess(pid=os.getpid(), memory_mib=None),),
            temperature_c=None,
            power_w=None,
        )
        devices = ScriptedDevices([example_host()], {"host": held})
        assert bare(run(order, world.with_ports(devices=devices).ports)).engine_context


class TestResident:
    def test_is_read_after_the_model_was_loaded(self, world: Any, order: WorkOrder) -> None:
        result = run(order, world.ports)
        steps = world.types()
        loaded = steps.index("phase_finished load")
        assert loaded < steps.index("phase_started resident baseline")
        assert steps.index("phase_started resident baseline") < steps.index("phase_started warm-up")
        resident = result.energy_breakdown.resident
        assert resident.kind == "resident"
        assert resident.power_w == pytest.approx(40.0)

    def test_is_not_read_without_a_bare_one(self, world: Any, order: WorkOrder) -> None:
        config = order.config.model_copy(
            update={"baseline": order.config.baseline.model_copy(update={"enabled": False})}
        )
        result = run(order.model_copy(update={"config": config}), world.ports)
        assert result.energy_breakdown.resident is None
        assert result.not_measured["energy_breakdown.resident"].code == "not_requested"


class TestKept:
    def test_serves_the_next_run_on_the_same_devices(self, world: Any, caching: WorkOrder) -> None:
        first = bare(run(caching, world.ports))
        second = bare(run(caching, world.ports))
        assert second.source == "cache"
        assert (second.power_w, second.measured_at) == (first.power_w, first.measured_at)

    def test_is_measured_anew_when_it_is_too_old(self, world: Any, caching: WorkOrder) -> None:
        run(caching, world.ports)
        world.clock.sleep(100.0)
        assert bare(run(with_ttl(caching, 1.0), world.ports)).source == "measured"

    def test_is_measured_anew_when_a_look_disagrees(
        self, make_world: Any, caching: WorkOrder
    ) -> None:
        run(caching, make_world().ports)
        warmer = make_world(watts=Watts(idle=55.0, busy=100.0))
        record = bare(run(caching, warmer.ports))
        assert record.source == "measured"
        assert record.power_w == pytest.approx(55.0)

    def test_needs_a_folder(self, world: Any, order: WorkOrder) -> None:
        run(order, world.ports)
        assert bare(run(order, world.ports)).source == "measured"


class TestCache:
    NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)

    def kept(self, folder: Path) -> BaselineCache:
        cache = BaselineCache(str(folder), "nvml", [example_accelerator(0)])
        cache.keep(example_baseline(60.0, measured_at=self.NOW))
        return cache

    def test_gives_it_back_until_its_time_is_over(self, tmp_path: Path) -> None:
        cache = self.kept(tmp_path)
        last = self.NOW + timedelta(seconds=DEFAULT_TTL_S - 1)
        found = cache.find(last, None)
        assert found == example_baseline(60.0, measured_at=self.NOW, source="cache")
        assert cache.find(last + timedelta(seconds=2), None) is None
        assert cache.find(self.NOW, 0.0) is None

    def test_does_not_trust_the_future(self, tmp_path: Path) -> None:
        assert self.kept(tmp_path).find(self.NOW - timedelta(seconds=1), None) is None

    def test_keeps_devices_limits_and_meters_apart(self, tmp_path: Path) -> None:
        self.kept(tmp_path)
        board = example_accelerator(0)
        limited = board.model_copy(update={"power_limit_w": 123.0})
        for meter, devices in (
            ("zeus", [board]),
            ("nvml", [example_accelerator(1)]),
            ("nvml", [board, example_accelerator(1)]),
            ("nvml", [limited]),
        ):
            assert BaselineCache(str(tmp_path), meter, devices).find(self.NOW, None) is None

    def test_takes_a_broken_file_for_none(self, tmp_path: Path) -> None:
        cache = self.kept(tmp_path)
        for file in (tmp_path / "baselines").iterdir():
            file.write_text("{")
        assert cache.find(self.NOW, None) is None

    def test_that_cannot_be_written_is_no_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        cache = BaselineCache(str(tmp_path / "file"), "nvml", [example_accelerator(0)])
        cache.keep(example_baseline(60.0))
        assert cache.find(self.NOW, None) is None
