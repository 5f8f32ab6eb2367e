"""The simulated powercap folder looks like the kernel's and counts what the host draws."""

from pathlib import Path
from typing import Any

import pytest
from llem_testing import FakeClock
from llem_testing.simulated_powercap import (
    AMD,
    INTEL,
    SimulatedPowercap,
    about_to_wrap,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(monotonic_ns=5_000_000_000)


@pytest.fixture
def powercap(tmp_path: Path, clock: FakeClock) -> SimulatedPowercap:
    return SimulatedPowercap(tmp_path, clock, INTEL, 100.0)


def shown_uj(powercap: SimulatedPowercap, number: str = "intel-rapl:0") -> int:
    powercap.clock.monotonic_ns()
    return int((powercap.root / number / "energy_uj").read_text())


class TestFolder:
    def test_is_flat_with_links_into_a_tree(self, powercap: SimulatedPowercap) -> None:
        entries = {entry.name for entry in powercap.root.iterdir()}
        assert entries == {"intel-rapl", *(zone.number for zone in INTEL)}
        memory = powercap.root / "intel-rapl:0:2"
        assert memory.is_symlink()
        assert memory.resolve().parent == (powercap.root / "intel-rapl:0").resolve()

    def test_has_name_range_and_counter_of_each_zone(self, powercap: SimulatedPowercap) -> None:
        for zone in INTEL:
            folder = powercap.root / zone.number
            assert (folder / "name").read_text() == f"{zone.name}\n"
            assert (folder / "max_energy_range_uj").read_text() == f"{zone.range_uj}\n"
            assert int((folder / "energy_uj").read_text()) == zone.first_uj

    def test_keeps_its_links_when_the_zones_are_removed(self, powercap: SimulatedPowercap) -> None:
        powercap.remove()
        assert (powercap.root / "intel-rapl:0").is_symlink()
        with pytest.raises(FileNotFoundError):
            shown_uj(powercap)


class TestCounter:
    def test_grows_by_its_share_of_what_is_drawn(
        self, powercap: SimulatedPowercap, clock: FakeClock
    ) -> None:
        clock.advance(2.0)
        powercap.draw(300.0)
        clock.advance(1.0)
        for zone in INTEL:
            grown_uj = shown_uj(powercap, zone.number) - zone.first_uj
            assert grown_uj == pytest.approx(zone.share * 500e6, abs=zone.unit_uj + 1)

    def test_is_renewed_every_millisecond(
        self, powercap: SimulatedPowercap, clock: FakeClock
    ) -> None:
        clock.advance(0.010_2)
        shown = shown_uj(powercap)
        clock.advance(0.000_7)
        assert shown_uj(powercap) == shown
        clock.advance(0.000_2)
        assert shown_uj(powercap) > shown

    def test_begins_again_at_zero_where_it_was_told_to(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        powercap = SimulatedPowercap(tmp_path, clock, about_to_wrap(AMD, 50.0), 100.0)
        clock.advance(0.499)
        assert shown_uj(powercap) > AMD[0].range_uj - 200_000
        clock.advance(0.002)
        assert shown_uj(powercap) < 200_000

    def test_leaves_no_digits_of_a_longer_number_behind(
        self, tmp_path: Path, clock: FakeClock
    ) -> None:
        powercap = SimulatedPowercap(tmp_path, clock, about_to_wrap(AMD, 1.0), 100.0)
        clock.advance(0.0101)
        shown: Any = (powercap.root / "intel-rapl:0" / "energy_uj").read_text()
        assert len(shown) > 10
        assert shown_uj(powercap) < 20_000
