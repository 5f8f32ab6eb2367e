"""Every stable code that a source gives stands in `llem_schema.codes` with its meaning, and no
other; every warning has a test that provokes it and one that does not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import requirement_map
from codes_in_source import Given, given_codes
from llem_harness.sensor_remarks import FLAGS
from llem_schema import NOT_MEASURED_CODES, NOTICE_CODES, PROBLEM_CODES, WARNING_CODES

FOR_TESTS_ALONE = "llem-testing"
TABLES = {
    "Problem": PROBLEM_CODES,
    "NotMeasured": NOT_MEASURED_CODES,
    "MeasurementWarning": WARNING_CODES,
    "warn": WARNING_CODES,
    "Notice": NOTICE_CODES,
}
"""By who takes the code. Others hand it on, to one of these or to a reading."""
TESTS = tomllib.loads(Path(__file__).with_name("warnings.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def given(packages: list[Any]) -> list[Given]:
    return given_codes(
        module
        for package in packages
        if package.folder.name != FOR_TESTS_ALONE
        for module in package.modules
    )


class TestCodes:
    def test_that_a_source_gives_have_a_meaning(self, given: list[Given]) -> None:
        registered = {code for table in TABLES.values() for code in table}
        unknown = {
            one.code: one.place
            for one in given
            if one.code not in TABLES.get(one.taker, registered)
        }
        assert unknown == {}, "give each a sentence in llem_schema/codes.py"

    def test_that_have_a_meaning_are_given_by_a_source(self, given: list[Given]) -> None:
        codes = {one.code for one in given} | set(FLAGS)
        assert {code for table in TABLES.values() for code in table} - codes == set()

    def test_of_flags_that_a_reader_must_hear_of_are_warnings(self) -> None:
        assert set(FLAGS) <= set(WARNING_CODES)

    @pytest.mark.parametrize(
        "table", [WARNING_CODES, PROBLEM_CODES, NOT_MEASURED_CODES, NOTICE_CODES]
    )
    def test_are_explained_in_one_line(self, table: dict[str, str]) -> None:
        for code, meaning in table.items():
            assert code.islower()
            assert meaning.endswith(".")
            assert len(meaning) < 90, code


class TestProblemsThatDoNotStopARun:
    def test_are_warnings_with_tests_of_their_own(self, given: list[Given]) -> None:
        optional = {one.code for one in given if one.optional}
        assert optional <= set(WARNING_CODES)
        assert optional == set(TESTS), "name its tests in tests/architecture/warnings.toml"

    @pytest.mark.parametrize("code", TESTS)
    def test_name_one_that_provokes_it_and_one_that_does_not(self, code: str, root: Path) -> None:
        provoking, quiet = TESTS[code]["provoking"], TESTS[code]["quiet"]
        assert provoking != quiet
        assert requirement_map.exists(provoking, root)
        assert requirement_map.exists(quiet, root)
