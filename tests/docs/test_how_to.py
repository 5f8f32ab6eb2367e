"""The how-to pages go through the third party's finished code, and it does what they say."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import documents
import pytest
from documents import ROOT, Example

PLUGIN = ROOT / "tests" / "plugins" / "llem-plugin-acme"
PAGES = [ROOT / "docs" / "how-to" / f"write-a-{what}.md" for what in ("backend", "meter")]
CODE = [
    example
    for page in PAGES
    for example in documents.examples(page)
    if example.language in ("python", "toml")
]


class TestCode:
    @pytest.mark.parametrize("example", CODE, ids=lambda example: example.place)
    def test_is_quoted_from_the_third_party(self, example: Example) -> None:
        source = example.says("excerpt of")
        assert source is not None
        assert PLUGIN in (ROOT / source).parents

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
    def test_shows_the_way_from_the_entry_point_to_the_suite(self, page: Path) -> None:
        shown = "".join(example.code for example in documents.examples(page))
        for step in ("[project.entry-points", "Descriptor(", "factory=", "problems", "Suite):"):
            assert step in shown


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
    def test_lead_somewhere(self, page: Path) -> None:
        links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
        assert links
        assert [link for link in links if not (page.parent / link).exists()] == []


class TestOwnRepository:
    def test_the_third_party_runs_the_suites_with_one_file(self, tmp_path: Path) -> None:
        repository = tmp_path / "llem-plugin-acme"
        shutil.copytree(PLUGIN, repository)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--strict-markers", "tests/test_contracts.py"],
            cwd=repository,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert int(re.findall(r"(\d+) passed", done.stdout)[0]) > 50
