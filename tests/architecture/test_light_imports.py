"""Nothing heavy is imported before it is needed (INF-03)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from llem_testing import example_result

HEAVY = frozenset(
    {
        "codecarbon",
        "cyclopts",
        "huggingface_hub",
        "numpy",
        "pandas",
        "platformdirs",
        "pyarrow",
        "pydantic",
        "pynvml",
        "pytest",
        "rich",
        "structlog",
        "tokenizers",
        "torch",
        "tqdm",
        "transformers",
        "yaml",
        "zeus",
    }
)
AFTER_IMPORT: dict[str, frozenset[str]] = {
    "llem": frozenset(),
    "llem_backend_pytorch": frozenset({"pydantic"}),
    "llem_cli": frozenset(),
    "llem_contracts": frozenset(),
    "llem_energy": frozenset(),
    "llem_flops": frozenset({"pydantic"}),
    "llem_harness": frozenset({"pydantic"}),
    "llem_prompts": frozenset({"pydantic"}),
    "llem_schema": frozenset(),
    "llem_stats": frozenset(),
    "llem_store": frozenset({"pydantic"}),
    "llem_study": frozenset({"platformdirs", "pydantic", "yaml"}),
    "llem_testing": frozenset(),
}


def heavy_modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and say which heavy modules it loaded."""
    outcome = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys\n{code}\nimport json\n"
            "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return HEAVY & set(json.loads(outcome.stdout.splitlines()[-1]))


def heavy_modules_of(*arguments: str) -> set[str]:
    """What the command line loads for these arguments, which it must answer with success."""
    return heavy_modules_after(
        f"sys.argv = ['llem', *{arguments!r}]\n"
        "from llem_cli.app import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0, end.code\n"
        "else:\n"
        "    raise AssertionError('main() returned')"
    )


class TestImportOfOnePackage:
    def test_brings_no_more_than_it_says(self, package: Any) -> None:
        name = package.import_name
        assert heavy_modules_after(f"import {name}") <= AFTER_IMPORT[name]


class TestCommandLine:
    @pytest.mark.parametrize("flag", ["--help", "--version"])
    def test_answers_without_a_heavy_module(self, flag: str) -> None:
        assert heavy_modules_of(flag) <= {"cyclopts", "rich"}  # cyclopts brings rich

    def test_measures_a_command_without_an_engine_or_a_store(self) -> None:
        brought = {"cyclopts", "platformdirs", "pydantic", "pynvml", "rich", "yaml"}
        assert heavy_modules_of("measure", "--", "true") <= brought

    def test_shows_a_table_of_results_without_arrow_or_an_engine(self, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        result = example_result().model_dump_json()
        (tmp_path / "run" / "result.json").write_text(result)
        brought = {"cyclopts", "platformdirs", "pydantic", "rich", "structlog", "tqdm", "yaml"}
        assert heavy_modules_of("show", str(tmp_path), "--columns", "all") <= brought


class TestListing:
    @pytest.mark.parametrize(
        "boundary", ["BACKENDS", "DEVICES", "EXECUTORS", "FLOPS", "METERS", "PROMPTS", "STORES"]
    )
    def test_of_plugins_loads_none(self, boundary: str) -> None:
        code = (
            f"from llem_contracts import {boundary}, installed\n"
            f"for plugin in installed({boundary}):\n"
            "    assert plugin.problem is None, plugin\n"
            "    plugin.missing"
        )
        assert heavy_modules_after(code) <= {"pydantic"}
