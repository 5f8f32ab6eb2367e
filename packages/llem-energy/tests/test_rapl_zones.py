"""Which zones make up the host, and what stands in the way of reading them."""

from pathlib import Path
from typing import Any

import pytest
from llem_contracts import NO_PERMISSION
from llem_energy.rapl_zones import read_text, take_zones
from llem_testing import FakeClock
from llem_testing.simulated_powercap import AMD, INTEL, PowercapZone, SimulatedPowercap


@pytest.fixture
def powercap(tmp_path: Path) -> Any:
    def make(zones: Any) -> SimulatedPowercap:
        return SimulatedPowercap(tmp_path, FakeClock(), zones, 100.0)

    return make


def names(root: Path) -> list[str]:
    inventory = take_zones(root)
    assert inventory.problem is None
    return [zone.name for zone in inventory.zones]


def refusing(file: str, error: Exception) -> Any:
    """A way to read files that fails for some of them; a test runs as root, who may read all."""

    def read(path: Path) -> str:
        if path.name == file:
            raise error
        return read_text(path)

    return read


class TestZones:
    def test_are_packages_and_their_memory_each_once(self, powercap: Any) -> None:
        assert names(powercap(INTEL).root) == ["package-0", "dram-0", "package-1", "dram-1"]

    def test_of_amd_are_packages_alone(self, powercap: Any) -> None:
        assert names(powercap(AMD).root) == ["package-0"]

    def test_of_several_dies_are_told_apart(self, powercap: Any) -> None:
        dies = [
            PowercapZone("intel-rapl:0", "package-0-die-0", 0.5),
            PowercapZone("intel-rapl:0:0", "dram", 0.1),
            PowercapZone("intel-rapl:10", "package-0-die-1", 0.3),
            PowercapZone("intel-rapl:10:0", "dram", 0.1),
        ]
        assert names(powercap(dies).root) == [
            "package-0-die-0",
            "dram-0-die-0",
            "package-0-die-1",
            "dram-0-die-1",
        ]

    def test_have_the_range_of_their_counter(self, powercap: Any) -> None:
        package, memory, *_ = take_zones(powercap(INTEL).root).zones
        assert package.range_j == pytest.approx(262_143.32885)
        assert memory.range_j == pytest.approx(65_712.999613)
        assert (package.is_memory, memory.is_memory) == (False, True)


class TestProblem:
    def test_without_a_folder_or_a_zone_is_that_there_is_no_rapl(self, tmp_path: Path) -> None:
        for root in (tmp_path / "nowhere", tmp_path):
            inventory = take_zones(root)
            assert inventory.zones == ()
            assert inventory.problem is not None
            assert (inventory.problem.code, inventory.problem.blocking) == ("no_rapl", True)
            assert "modprobe intel_rapl_msr" in inventory.problem.cure

    def test_of_zones_that_a_container_hides_is_the_same(self, powercap: Any) -> None:
        simulated = powercap(INTEL)
        simulated.remove()
        problem = take_zones(simulated.root).problem
        assert problem is not None
        assert problem.code == "no_rapl"

    def test_of_missing_permission_has_the_commands_that_give_it(self, powercap: Any) -> None:
        root = powercap(INTEL).root
        problem = take_zones(root, refusing("energy_uj", PermissionError(13, "no"))).problem
        assert problem is not None
        assert problem.code == NO_PERMISSION
        assert f"`sudo chmod a+r {root}/intel-rapl:*/energy_uj`" in problem.cure
        assert "/etc/udev/rules.d/" in problem.cure

    @pytest.mark.parametrize("file", ["name", "max_energy_range_uj", "energy_uj"])
    def test_of_a_zone_that_cannot_be_read_names_it(self, powercap: Any, file: str) -> None:
        root = powercap(AMD).root
        problem = take_zones(root, refusing(file, OSError(5, "Input/output error"))).problem
        assert problem is not None
        assert problem.code == "rapl_unreadable"
        assert "intel-rapl:0" in problem.message
        assert "Input/output error" in problem.message

    def test_of_a_counter_that_is_no_number_is_told_too(self, powercap: Any) -> None:
        root = powercap(AMD).root
        (root / "intel-rapl:0" / "energy_uj").write_text("\n")
        problem = take_zones(root).problem
        assert problem is not None
        assert problem.code == "rapl_unreadable"


class TestCommandOfTheCure:
    def test_reaches_every_zone_that_is_read(self, powercap: Any) -> None:
        root = powercap(INTEL).root
        reached = {path.resolve() for path in root.glob("intel-rapl:*/energy_uj")}
        assert {zone.counter.resolve() for zone in take_zones(root).zones} <= reached
