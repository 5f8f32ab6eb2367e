"""Every link between the documents leads somewhere, and the site's menu has every page."""

import re
from pathlib import Path

import documents
import links
import pytest
import yaml
from links import Link
from workspace import ROOT

DOCUMENTS = documents.documents()
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
EVIDENCE = re.compile(r"^\| [^|]+ \| `([^`]+)` \| \[[^]]+\]\(([^)]+)\) \|$", re.MULTILINE)


def faults(document: Path) -> list[str]:
    """The links of a document that lead nowhere."""
    return [link.target for link in links.links(document) if not _leads_somewhere(link)]


def _leads_somewhere(link: Link) -> bool:
    if not link.file.exists():
        return False
    return not link.anchor or (
        link.file.suffix == ".md" and link.anchor in links.anchors(link.file)
    )


def in_menu(entries: list[object]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        for below in entry.values() if isinstance(entry, dict) else [entry]:
            found += in_menu(below) if isinstance(below, list) else [str(below)]
    return found


class TestLinks:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
    def test_lead_to_a_file_and_a_heading(self, document: Path) -> None:
        assert faults(document) == []

    def test_are_found_at_all(self) -> None:
        assert len(list(links.links(ROOT / "docs" / "index.md"))) > 10
        assert any(list(links.links(document)) for document in ROOT.glob("*.md"))

    def test_that_are_broken_are_noticed(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text(
            "# A `page` of links\n\n"
            "[one](page.md#a-page-of-links) [two](gone.md) [three](#nowhere)\n"
            "[four](https://example.org/gone) `[five](code.md)`\n\n```sh\n[six](code.md)\n```\n"
        )
        assert faults(page) == ["gone.md", "#nowhere"]


class TestReadme:
    def test_leads_to_the_documentation(self) -> None:
        goals = {link.file for link in links.links(ROOT / "README.md")}
        assert {ROOT / "docs" / "index.md", ROOT / "docs" / "tutorial.md"} <= goals


class TestSite:
    def test_has_every_page_in_its_menu_once(self) -> None:
        pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
        listed = in_menu(SITE["nav"])
        assert sorted(listed) == sorted(pages)

    def test_begins_with_a_page_that_leads_to_every_how_to(self) -> None:
        goals = {link.file for link in links.links(ROOT / "docs" / "index.md")}
        assert set((ROOT / "docs" / "how-to").glob("*.md")) - goals == set()

    def test_asks_no_other_server_for_anything(self) -> None:
        assert SITE["plugins"] == []
        assert SITE["theme"]["highlightjs"] is False
        assert not {"extra_css", "extra_javascript", "google_analytics"} & SITE.keys()
        text = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
        assert re.findall(r"!\[[^\]]*\]\(http|<(?:img|script|link)\b", text) == []

    def test_fails_for_a_broken_link(self) -> None:
        assert SITE["strict"] is True
        assert set(SITE["validation"]["links"].values()) == {"warn"}


class TestEvidence:
    def test_of_the_methodology_stands_in_the_files_that_it_names(self) -> None:
        page = ROOT / "docs" / "methodology.md"
        quoted = EVIDENCE.findall(page.read_text(encoding="utf-8"))
        assert len(quoted) >= 8
        for figure, target in quoted:
            file = Link(page, target).file
            assert ROOT / "benchmarks" in file.parents
            assert figure in file.read_text(encoding="utf-8"), f"{target} does not have {figure}"
