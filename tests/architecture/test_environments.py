"""The environments of hatch.toml hold what they should, and each tier of tests selects its own."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import solo
from workspace import ROOT, distribution_of, packages

ENVIRONMENTS: dict[str, Any] = tomllib.loads((ROOT / "hatch.toml").read_text())["envs"]
SOLO = ENVIRONMENTS["solo"]

TESTS = """
import pytest
def test_plain(): pass
@pytest.mark.gpu
def test_gpu(): pass
@pytest.mark.slow
def test_slow(): pass
@pytest.mark.slurm
def test_slurm(): pass
"""


def held_by(package: str, kind: str) -> set[str]:
    """Distributions that the solo environment of a package installs, without what those need."""
    requirements = [value.replace("{matrix:package}", package) for value in SOLO["dependencies"]]
    for variable, value in (("package", package), ("with", kind)):
        for conditions in SOLO["overrides"]["matrix"].get(variable, {}).values():
            requirements += [entry["value"] for entry in conditions if value in entry["if"]]
    return {distribution_of(requirement) for requirement in requirements}


def siblings(distribution: str) -> set[str]:
    """The packages of the workspace that one needs, through any number of others, and itself."""
    by_name = {package.name: package for package in packages()}
    found: set[str] = set()
    to_do = [distribution]
    while to_do:
        current = to_do.pop()
        if current in by_name and current not in found:
            found.add(current)
            to_do += map(distribution_of, by_name[current].project["dependencies"])
    return found


class TestSoloEnvironments:
    def test_are_of_the_packages_that_tools_solo_knows(self) -> None:
        alone, with_tests = SOLO["matrix"]
        assert (alone["with"], with_tests["with"]) == (["alone"], ["tests"])
        assert {f"llem-{name}" for name in alone["package"]} == solo.MAY_BRING.keys()
        assert set(with_tests["package"]) == {"schema", "energy", "flops", "stats", "store"}

    @pytest.mark.parametrize("name", SOLO["matrix"][0]["package"])
    def test_hold_a_package_and_the_siblings_that_it_declares(self, name: str) -> None:
        assert held_by(name, "alone") == siblings(f"llem-{name}")

    def test_take_every_package_from_here(self) -> None:
        held: set[str] = set()
        for row in SOLO["matrix"]:
            for name in row["package"]:
                held |= held_by(name, row["with"][0])
        ours = {package.name for package in packages()} & held
        assert ours == SOLO["sources"].keys()
        for name, source in SOLO["sources"].items():
            assert source == {"path": f"packages/{name}", "editable": False}

    def test_inherit_nothing(self) -> None:
        assert SOLO["detached"] is True


def pins(name: str) -> dict[str, str]:
    """Version of every distribution that a file of constraints pins."""
    lines = (ROOT / "constraints" / name).read_text().splitlines()
    exact = [line for line in lines if not line.startswith("#")]
    return {distribution_of(line): line.partition("==")[2] for line in exact}


class TestPins:
    def test_cover_what_the_environments_and_the_packages_install(self) -> None:
        asked = {need for package in packages() for need in package.project["dependencies"]}
        asked |= set(ENVIRONMENTS["default"]["dependencies"])
        ours = {package.name for package in packages()}
        assert {distribution_of(requirement) for requirement in asked} - ours <= pins(
            "cpu.txt"
        ).keys()

    def test_cover_what_the_optional_meters_install(self) -> None:
        asked = set(map(distribution_of, ENVIRONMENTS["meters"]["dependencies"]))
        assert {"codecarbon", "zeus"} <= asked
        assert asked <= pins("meters.txt").keys()

    def test_cover_what_the_peer_of_the_throughput_benchmark_installs(self) -> None:
        asked = set(map(distribution_of, ENVIRONMENTS["peer"]["dependencies"]))
        assert "optimum-benchmark" in asked
        assert asked <= pins("peer.txt").keys()

    def test_of_that_peer_differ_in_what_transformers_needs_alone(self) -> None:
        everywhere, here = pins("cpu.txt"), pins("peer.txt")
        both = everywhere.keys() & here.keys()
        older = {"fsspec", "huggingface-hub", "tokenizers", "transformers"}
        assert {name for name in both if everywhere[name] != here[name]} == older

    def test_cover_what_the_site_installs(self) -> None:
        asked = set(map(distribution_of, ENVIRONMENTS["docs"]["dependencies"]))
        assert asked <= pins("docs.txt").keys()

    @pytest.mark.parametrize("name", ["docs.txt", "meters.txt"])
    def test_are_the_same_where_an_environment_is_by_itself(self, name: str) -> None:
        everywhere, here = pins("cpu.txt"), pins(name)
        both = everywhere.keys() & here.keys()
        assert {name for name in both if everywhere[name] != here[name]} == set()

    @pytest.mark.parametrize("name", ["cpu.txt", "docs.txt", "meters.txt", "peer.txt"])
    def test_are_exact(self, name: str) -> None:
        lines = (ROOT / "constraints" / name).read_text().splitlines()
        assert [
            line for line in lines if line[0] != "#" and not re.fullmatch(r"[\w.-]+==[\w.]+", line)
        ] == []


class TestTiers:
    @pytest.mark.parametrize(
        ("script", "selected"),
        [
            ("default:test", {"plain", "gpu"}),
            ("test:slow", {"slow"}),
            ("test:all", {"plain", "gpu", "slow"}),
        ],
    )
    def test_select_their_own(self, tmp_path: Path, script: str, selected: set[str]) -> None:
        (tmp_path / "test_tiers.py").write_text(TESTS)
        environment, name = script.split(":")
        program, *arguments = shlex.split(ENVIRONMENTS[environment]["scripts"][name])
        assert (program, arguments.pop()) == ("python", "{args}")
        done = subprocess.run(
            [
                *(sys.executable, *arguments, "-c", str(ROOT / "pyproject.toml")),
                *(f"--rootdir={tmp_path}", "-p", "no:cacheprovider", "-q", "--collect-only"),
                "test_tiers.py",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert set(re.findall(r"::test_(\w+)", done.stdout)) == selected

    def test_have_something_in_the_slow_one(self) -> None:
        folders = [*ROOT.glob("packages/*/tests"), *ROOT.glob("apps/*/tests"), ROOT / "tests"]
        files = [file for folder in folders for file in folder.rglob("test_*.py")]
        slow = [
            file for file in files if re.search(r"^ *@pytest\.mark\.slow$", file.read_text(), re.M)
        ]
        assert slow
