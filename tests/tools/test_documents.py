"""The reader of documents finds every example and what is said of it; the runner says the truth."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import documents
import pytest
from documents import Example

DOCUMENT = """# Title

```python
print("one")  # a comment
```

## A heading

1. In a list, `two.yaml`:

   ```yaml
   a:
     b: 1
   ```

<!-- not run: it needs a moon -->
```sh
# no heading
rm moon
```

```sh
cat two.yaml
```

```
a drawing
```
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a document; gives its path."""

    def to_file(text: str) -> Path:
        path = tmp_path / "README.md"
        path.write_text(text)
        return path

    return to_file


def example(write: Write, language: str, code: str) -> Example:
    (found,) = documents.examples(write(f"```{language}\n{code}\n```\n"))
    return found


class TestExamples:
    def test_are_all_fenced_blocks_in_order(self, write: Write) -> None:
        found = documents.examples(write(DOCUMENT))
        assert [(e.language, e.line, e.heading) for e in found] == [
            ("python", 3, "Title"),
            ("yaml", 11, "A heading"),
            ("sh", 17, "A heading"),
            ("sh", 22, "A heading"),
            ("", 26, "A heading"),
        ]

    def test_lose_the_indent_of_their_list(self, write: Write) -> None:
        assert documents.examples(write(DOCUMENT))[1].code == "a:\n  b: 1\n"

    def test_have_the_name_that_introduces_them(self, write: Write) -> None:
        names = [e.name for e in documents.examples(write(DOCUMENT))]
        assert names == [None, "two.yaml", None, None, None]

    def test_say_what_their_remark_says(self, write: Write) -> None:
        found = documents.examples(write(DOCUMENT))
        assert [e.says("not run") for e in found] == [None, None, "it needs a moon", None, None]
        assert [e.says("slow") for e in found] == [None] * 5


class TestRun:
    @pytest.mark.parametrize(("language", "code"), [("python", "1 / 0"), ("sh", "false\ntrue")])
    def test_of_a_false_example_fails(
        self, write: Write, tmp_path: Path, language: str, code: str
    ) -> None:
        assert documents.run(example(write, language, code), tmp_path).returncode != 0

    def test_of_a_shell_block_finds_the_files_of_its_document(
        self, write: Write, tmp_path: Path
    ) -> None:
        shell = documents.examples(write(DOCUMENT))[3]
        assert documents.run(shell, tmp_path).stdout == "a:\n  b: 1\n"

    def test_has_the_commands_of_this_interpreter_first(self, write: Write, tmp_path: Path) -> None:
        outcome = documents.run(example(write, "sh", "command -v python"), tmp_path)
        assert outcome.stdout.strip() == str(Path(sys.executable).with_name("python"))

    def test_is_offline_and_knows_no_user_config(self, write: Write, tmp_path: Path) -> None:
        code = "import os; print(os.environ['HF_HUB_OFFLINE'], os.environ['LLEM_CONFIG'])"
        assert documents.run(example(write, "python", code), tmp_path).stdout == "1 none\n"

    def test_refuses_another_language(self, write: Write, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="'yaml' cannot be run"):
            documents.run(example(write, "yaml", "a: 1"), tmp_path)


class TestStories:
    def test_are_the_pages_of_docs(self) -> None:
        assert documents.is_story(documents.ROOT / "docs" / "how-to" / "write-a-meter.md")
        assert not documents.is_story(documents.ROOT / "README.md")

    def test_hold_what_runs_in_order(self, write: Write) -> None:
        page = write(DOCUMENT + "<!-- slow: it sleeps -->\n```sh\nsleep 9\n```\n")
        codes = [example.code for example in documents.story(page, slow=False)]
        assert codes == ['print("one")  # a comment\n', "cat two.yaml\n"]
        assert [e.code for e in documents.story(page, slow=True)] == [*codes, "sleep 9\n"]

    def test_may_continue_another_page(self, write: Write, tmp_path: Path) -> None:
        assert documents.continued(write("# Title\n")) is None
        page = write("# Title\n\n<!-- continues: ../first.md -->\n")
        assert documents.continued(page) == (tmp_path.parent / "first.md").resolve()


class TestScript:
    def run(self, heading: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, documents.__file__, heading],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_prints_the_shell_block_under_a_heading_of_the_readme(self) -> None:
        assert "llem run --model builtin:tiny" in self.run("Run it").stdout

    def test_says_so_where_there_is_none(self) -> None:
        outcome = self.run("Fly it")
        assert outcome.returncode == 1
        assert outcome.stderr == "README.md has no sh block under 'Fly it'\n"
