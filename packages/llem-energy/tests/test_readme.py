"""The README lists every code, flag and method that the package can tell of, and no other."""

import re
from pathlib import Path

import llem_energy
import pytest

from .told import Told

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (?P<names>`[^|]+`) \|", re.MULTILINE)


def listed(heading: str) -> list[str]:
    """What the first column of the table under a heading names."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    names = [name for row in _ROW.finditer(section) for name in row["names"].split(", ")]
    return [name.strip("`") for name in names]


@pytest.fixture(scope="module")
def told() -> Told:
    files = Path(llem_energy.__file__).parent.glob("*.py")
    return Told(file.read_text(encoding="utf-8") for file in files)


class TestTables:
    @pytest.mark.parametrize(("heading", "word"), [("Methods", "method"), ("Flags", "flags")])
    def test_list_what_readings_say(self, told: Told, heading: str, word: str) -> None:
        assert sorted(listed(heading)) == sorted(told.of(word))

    def test_list_the_terms_of_the_error(self, told: Told) -> None:
        terms = told.of("terms") | told.of("error_term")
        assert sorted(listed("What the uncertainty means")) == sorted(terms)

    def test_list_every_code_once(self, told: Told) -> None:
        codes, problems = listed("Codes"), listed("Problems")
        assert {*codes, *problems} == told.of("code") | told.of_problems("code")
        assert told.of_problems("code") <= set(problems)
        assert len({*codes, *problems}) == len(codes + problems)


class TestTold:
    """A flag that somebody adds is found."""

    @pytest.mark.parametrize(
        "source",
        [
            "reading(flags=('new',))",
            "flags = ('new',)",
            "flags: tuple[str, ...] = ('new',)",
            "flags.append('new')",
            "self._flags += ('old', 'new')",
            "flags['new'] = 'a sentence'",
            "class Sampler:\n    flags = ('new',)",
            "def method_flags():\n    return ('new',) if new else ()",
            "class Device:\n    uuid: str\n    flags: tuple\nDevice('GPU', ('new',))",
            "def empty(code, flags): ...\nempty('x', ['new'])",
            "NEW = 'new'\nreading(flags=(NEW,))",
            "NEW = 'new'\n'Flag: something new.'",
        ],
    )
    def test_wherever_it_stands(self, source: str) -> None:
        assert "new" in Told([source]).of("flags")

    def test_by_the_name_of_another_module(self) -> None:
        source = "from llem_schema import ENERGY_ESTIMATED\nreading(flags=(ENERGY_ESTIMATED,))"
        assert Told([source]).of("flags") == {"energy_estimated"}

    def test_apart_from_those_of_problems(self) -> None:
        told = Told(["Problem(code='problem')\nempty(code='reading')"])
        assert (told.of("code"), told.of_problems("code")) == ({"reading"}, {"problem"})
