"""The requirement map is sound, and the tool that says so would notice if it were not."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requirement_map

PER_AREA = {"LA": 9, "CFG": 26, "CM": 29, "RES": 21, "CLI": 13, "STU": 12, "INF": 8}
HERE = "tests/tools/test_requirement_map.py"
DOCUMENT: dict[str, Any] = tomllib.loads(requirement_map.MAP.read_text())


@pytest.fixture
def module(tmp_path: Path) -> str:
    """A test module, named from the folder that holds it."""
    (tmp_path / "test_it.py").write_text(
        "from llem_testing.suites import FlopsSuite\n"
        "def test_alone(): ...\n"
        "class Base:\n    def test_inherited(self): ...\n"
        "class TestIt(Base):\n    def test_own(self): ...\n"
        "class TestFlops(FlopsSuite): ...\n"
    )
    return "test_it.py"


class TestTheMap:
    def test_has_no_fault(self, capsys: pytest.CaptureFixture[str]) -> None:
        code = requirement_map.main([])
        assert (code, capsys.readouterr().err) == (0, "")

    def test_has_lost_no_number(self) -> None:
        assert Counter(number.partition("-")[0] for number in DOCUMENT) == PER_AREA


class TestForm:
    @pytest.mark.parametrize(
        ("fault", "entry"),
        [
            ("no title", {"tests": [f"{HERE}::test_a"]}),
            ("title is no str", {"title": "", "open": "later"}),
            ("neither tests nor", {"title": "t"}),
            ("tests is no list", {"title": "t", "tests": []}),
            ("open is no str", {"title": "t", "open": " "}),
            ("no key 'test'", {"title": "t", "open": "later", "test": ["a"]}),
            ("more than once", {"title": "t", "tests": [f"{HERE}::test_a"] * 2}),
            ("'test_a' is no", {"title": "t", "tests": ["test_a"]}),
            ("is no `path", {"title": "t", "tests": [f"{HERE}::TestA::test_b[x]"]}),
            ("is no `path", {"title": "t", "tests": [f"{HERE}::TestA"]}),
            ("it is no table", "a title"),
        ],
        ids=str,
    )
    def test_is_found_fault_with(self, fault: str, entry: Any) -> None:
        requirements, faults = requirement_map.read_map({"LA-01": entry})
        assert requirements == []
        assert any(told.startswith("LA-01: ") and fault in told for told in faults)

    @pytest.mark.parametrize("number", ["LA-1", "XY-01", "CM-12 / 13"])
    def test_knows_a_number(self, number: str) -> None:
        _, faults = requirement_map.read_map({number: {"title": "t", "open": "later"}})
        assert faults == [f"{number}: this is no number of a requirement"]


class TestState:
    def test_follows_from_tests_and_what_is_open(self) -> None:
        requirements, _ = requirement_map.read_map(
            {
                "LA-01": {"title": "a", "tests": [f"{HERE}::test_a"]},
                "LA-02": {"title": "b", "tests": [f"{HERE}::test_a"], "open": "half"},
                "LA-03": {"title": "c", "open": "all"},
            }
        )
        assert [found.state for found in requirements] == ["met", "partial", "open"]
        assert list(requirement_map.overview(requirements)) == [
            "open: 1",
            "  LA-03  c: all",
            "partial: 1",
            "  LA-02  b: half",
            "met: 1 of 3",
        ]
        assert list(requirement_map.table(requirements))[2:] == [
            "| LA-01 | a | met | 1 |",
            "| LA-02 | b | partial: half | 1 |",
            "| LA-03 | c | open: all | 0 |",
        ]


class TestNamedTests:
    @pytest.mark.parametrize(
        "test",
        [
            "test_alone",
            "TestIt::test_own",
            "TestIt::test_inherited",
            "TestFlops::test_the_parts_make_the_total",
        ],
    )
    def test_are_found_where_pytest_finds_them(
        self, module: str, tmp_path: Path, test: str
    ) -> None:
        assert requirement_map.exists(f"{module}::{test}", tmp_path)

    @pytest.mark.parametrize(
        "test",
        [
            "test_own",
            "Base::test_inherited",
            "TestIt::test_renamed",
            "TestOther::test_own",
            "TestFlops::test_own",
        ],
    )
    def test_are_missed_where_they_are_not(self, module: str, tmp_path: Path, test: str) -> None:
        assert not requirement_map.exists(f"{module}::{test}", tmp_path)

    def test_are_missed_with_their_module(self, tmp_path: Path) -> None:
        assert not requirement_map.exists("test_gone.py::test_alone", tmp_path)


class TestCommand:
    def test_fails_for_a_test_that_does_not_exist(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = tmp_path / "map.toml"
        other.write_text(f'[LA-01]\ntitle = "t"\ntests = ["{HERE}::TestGone::test_gone"]\n')
        assert requirement_map.main(["--map", str(other)]) == 1
        told = capsys.readouterr()
        assert told.err == f"LA-01: there is no test {HERE}::TestGone::test_gone\n"
        assert "met: 1 of 1" in told.out

    def test_prints_a_row_per_number(self, capsys: pytest.CaptureFixture[str]) -> None:
        requirement_map.main(["--table"])
        rows = capsys.readouterr().out.splitlines()[2:]
        assert [row.split()[1] for row in rows] == list(DOCUMENT)
