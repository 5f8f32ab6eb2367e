"""The examples of every document are true: they run as they stand, offline, or say why not."""

import json
import shutil
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path

import documents
import pytest
from documents import ROOT, Example
from llem_study import load_user_config, resolve

EXAMPLES = [
    example for document in documents.documents() for example in documents.examples(document)
]
RUN = ("python", "sh")
NOT_RUN = ("text",)


def resolves(file: Path) -> None:
    """A configuration is one that the installed backends accept."""
    if file.name == "config.yaml":
        load_user_config({"LLEM_CONFIG": str(file)})
    else:
        resolve(file, environ={"LLEM_CONFIG": "none"})


READ: dict[str, Callable[[Path], object]] = {
    "json": lambda file: json.loads(file.read_text(encoding="utf-8")),
    "toml": lambda file: tomllib.loads(file.read_text(encoding="utf-8")),
    "yaml": resolves,
}


def chosen(*languages: str, slow: bool = False) -> pytest.MarkDecorator:
    """The examples in these languages that are to be proved, as the parameter `example`."""
    return pytest.mark.parametrize(
        "example",
        [
            example
            for example in EXAMPLES
            if example.language in languages
            and not (example.language in RUN and documents.is_story(example.document))
            and example.says("not run") is None
            and example.says("excerpt of") is None
            and (example.says("slow") is not None) == slow
        ],
        ids=lambda example: example.place,
    )


def runs(example: Example, folder: Path) -> None:
    outcome = documents.run(example, folder)
    assert outcome.returncode == 0, f"{example.place}\n{outcome.stdout}\n{outcome.stderr}"


def pages(slow: bool = False) -> pytest.MarkDecorator:
    """The pages of docs of which something is to run, as the parameter `page`."""
    found = [document for document in documents.documents() if documents.is_story(document)]
    quick = {page: documents.story(page, slow=False) for page in found}
    chosen = [
        page
        for page in found
        if (documents.story(page, slow=True) != quick[page] if slow else quick[page])
    ]
    return pytest.mark.parametrize("page", chosen, ids=lambda page: str(page.relative_to(ROOT)))


class Stories:
    """Follows each page once, however many others continue it."""

    def __init__(self, new_folder: Callable[[str], Path]) -> None:
        self._new_folder = new_folder
        self._left: dict[tuple[Path, bool], Path] = {}

    def folder_after(self, page: Path, *, slow: bool) -> Path:
        """The folder that a page leaves."""
        if (page, slow) not in self._left:
            folder = self._new_folder(page.stem)
            before = documents.continued(page)
            if before is not None:
                shutil.copytree(self.folder_after(before, slow=False), folder, dirs_exist_ok=True)
            for example in documents.story(page, slow=slow):
                runs(example, folder)
            self._left[page, slow] = folder
        return self._left[page, slow]


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp)


class TestExamples:
    @chosen(*RUN)
    def test_run_as_they_stand(self, example: Example, tmp_path: Path) -> None:
        runs(example, tmp_path)

    @pytest.mark.slow
    @pytest.mark.timeout(1200)
    @chosen(*RUN, slow=True)
    def test_that_take_long_run_as_they_stand(self, example: Example, tmp_path: Path) -> None:
        runs(example, tmp_path)

    @chosen(*READ)
    def test_can_be_read_as_what_they_are(self, example: Example, tmp_path: Path) -> None:
        file = tmp_path / (example.name or f"example.{example.language}")
        file.write_text(example.code, encoding="utf-8")
        READ[example.language](file)

    @pytest.mark.parametrize(
        "example",
        [example for example in EXAMPLES if example.says("excerpt of") is not None],
        ids=lambda example: example.place,
    )
    def test_that_are_excerpts_stand_in_their_file(self, example: Example) -> None:
        text = (ROOT / str(example.says("excerpt of"))).read_text(encoding="utf-8")
        of_a_method = textwrap.indent(example.code, "    ")
        assert example.code in text or of_a_method in text


class TestPagesOfDocs:
    """Their blocks run in order in one folder, as somebody does who follows the page."""

    @pages()
    def test_can_be_followed(self, page: Path, stories: Stories) -> None:
        stories.folder_after(page, slow=False)

    @pytest.mark.slow
    @pytest.mark.timeout(1200)
    @pages(slow=True)
    def test_that_take_long_can_be_followed(self, page: Path, stories: Stories) -> None:
        stories.folder_after(page, slow=True)


class TestEveryExample:
    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
    def test_is_in_a_language_that_is_proved(self, example: Example) -> None:
        assert example.language in {*RUN, *READ, *NOT_RUN}

    @pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.place)
    def test_is_remarked_on_in_words_that_are_known(self, example: Example) -> None:
        assert example.remark is None or example.remark[0] in documents.REMARKS


class TestEveryDocument:
    @pytest.mark.parametrize(
        "document", documents.documents(), ids=lambda path: str(path.relative_to(ROOT))
    )
    def test_has_no_fence_beside_its_examples(self, document: Path) -> None:
        lines = document.read_text(encoding="utf-8").splitlines()
        fences = [line for line in lines if line.lstrip().startswith(("```", "~~~"))]
        assert len(fences) == 2 * len(documents.examples(document))

    def test_is_looked_at(self) -> None:
        found = {str(path.relative_to(ROOT)) for path in documents.documents()}
        readmes = {
            str(path.with_name("README.md").relative_to(ROOT))
            for pattern in ("packages/*", "apps/*", "tests/plugins/*")
            for path in ROOT.glob(f"{pattern}/pyproject.toml")
        }
        assert found >= readmes | {"README.md", "CONTRIBUTING.md"}

    @pytest.mark.parametrize(
        "readme", sorted(ROOT.glob("packages/*/README.md")), ids=lambda path: path.parent.name
    )
    def test_of_a_library_shows_python_that_runs(self, readme: Path) -> None:
        blocks = [block for block in documents.examples(readme) if block.language == "python"]
        assert [block for block in blocks if block.says("not run") is None]
