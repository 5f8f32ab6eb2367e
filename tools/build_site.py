"""Build the documentation into a static site: `python tools/build_site.py [FOLDER]`.

FOLDER is `site` by default; `index.html` in it opens without a server. MkDocs builds it, in a
temporary copy of `docs` in which links that leave `docs` lead to copies of what they point at: a
Markdown file as a page, another file as a page with its text. Links of such copies to what is not
copied become words. A broken link is an error.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from links import Link, links, with_targets

ROOT = Path(__file__).parents[1]
COPIES = "repository"
"""Folder of the site with what stands outside `docs`."""
_REMARK = re.compile(r"^ *<!-- [a-z ]+: .+ -->\n", re.MULTILINE)


def stage(docs: Path, root: Path, into: Path) -> None:
    """Write the pages of `docs` into a folder, with copies of what they link to in `root`.

    Raises `FileNotFoundError` for a link that leads nowhere.
    """
    shutil.copytree(docs, into, dirs_exist_ok=True)
    pages = sorted(docs.rglob("*.md"))
    copied = {
        file for page in pages for link in links(page) if docs not in (file := _file(link)).parents
    }
    for file in [*pages, *copied]:
        place = into / _page_of(file, docs, root)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_page(file, copied, docs, root), encoding="utf-8")


def _page(file: Path, copied: set[Path], docs: Path, root: Path) -> str:
    if file.suffix != ".md":
        code = file.read_text(encoding="utf-8")
        return f"# {file.name}\n\n`{file.relative_to(root)}`\n\n````text\n{code}````\n"

    def target(link: Link) -> str | None:
        goal = _file(link)
        if goal not in copied and docs not in goal.parents:
            return None
        place = os.path.relpath(_page_of(goal, docs, root), _page_of(file, docs, root).parent)
        return f"{place}#{link.anchor}" if link.anchor else place

    return _REMARK.sub("", with_targets(file, target))


def _file(link: Link) -> Path:
    """The file that a link leads to; of a folder its README."""
    file = link.file / "README.md" if link.file.is_dir() else link.file
    if not file.is_file():
        raise FileNotFoundError(f"{link.document}: the link {link.target} leads nowhere")
    return file


def _page_of(file: Path, docs: Path, root: Path) -> Path:
    """Where a file stands in the site's source."""
    if docs in file.parents:
        return file.relative_to(docs)
    place = Path(COPIES) / file.relative_to(root)
    return place if place.suffix == ".md" else place.with_name(f"{place.name}.md")


def main(site: Path) -> int:
    """Build; the exit code is that of MkDocs."""
    with tempfile.TemporaryDirectory() as folder:
        stage(ROOT / "docs", ROOT, Path(folder) / "docs")
        shutil.copy(ROOT / "mkdocs.yml", folder)
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
        return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "site").resolve()))
