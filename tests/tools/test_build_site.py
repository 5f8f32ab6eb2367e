"""The pages that the site is built from: what stands outside docs comes along, remarks do not."""

from pathlib import Path

import build_site
import pytest

INDEX = """# Index

[code](../src/code.py) [notes](../notes.md#two) [package](../package) [page](pages/page.md)
[elsewhere](https://example.org)

<!-- not run: why -->
```sh
[no](link.md)
```
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name, text in {
        "docs/index.md": INDEX,
        "docs/pages/page.md": "# Page\n\n[back](../index.md)\n",
        "docs/schema.json": "{}",
        "src/code.py": 'print("```")\n',
        "notes.md": "# Notes\n\n## Two\n\n[index](docs/index.md) and [other](other.md)\n",
        "other.md": "# Other\n",
        "package/README.md": "# Package\n\n[notes](../notes.md)\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def staged(root: Path, tmp_path: Path) -> Path:
    build_site.stage(root / "docs", root, tmp_path / "staged")
    return tmp_path / "staged"


class TestStage:
    def test_brings_what_the_pages_link_to_and_nothing_else(self, staged: Path) -> None:
        files = {str(file.relative_to(staged)) for file in staged.rglob("*") if file.is_file()}
        assert files == {
            "index.md",
            "pages/page.md",
            "schema.json",
            "repository/src/code.py.md",
            "repository/notes.md",
            "repository/package/README.md",
        }

    def test_lets_links_lead_there(self, staged: Path) -> None:
        text = (staged / "index.md").read_text()
        assert "[code](repository/src/code.py.md) [notes](repository/notes.md#two)" in text
        assert "[package](repository/package/README.md) [page](pages/page.md)" in text
        assert "[elsewhere](https://example.org)" in text
        assert "[no](link.md)" in text

    def test_leaves_remarks_for_the_tests_out(self, staged: Path) -> None:
        assert "not run" not in (staged / "index.md").read_text()

    def test_makes_words_of_what_copies_link_to_elsewhere(self, staged: Path) -> None:
        text = (staged / "repository" / "notes.md").read_text()
        assert "[index](../index.md) and other\n" in text
        package = (staged / "repository" / "package" / "README.md").read_text()
        assert "[notes](../notes.md)" in package

    def test_shows_code_whatever_it_holds(self, staged: Path) -> None:
        text = (staged / "repository" / "src" / "code.py.md").read_text()
        assert text == '# code.py\n\n`src/code.py`\n\n````text\nprint("```")\n````\n'

    def test_refuses_a_link_that_leads_nowhere(self, root: Path, tmp_path: Path) -> None:
        (root / "docs" / "pages" / "page.md").write_text("[gone](../../gone.md)\n")
        with pytest.raises(FileNotFoundError, match=r"\.\./\.\./gone\.md leads nowhere"):
            build_site.stage(root / "docs", root, tmp_path / "staged")
