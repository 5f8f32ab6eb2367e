"""The import contracts hold, and each of them bites."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest


def lint_imports(root: Path, cwd: Path, *first_on_path: Path) -> subprocess.CompletedProcess[str]:
    """Run the import linter on the workspace's contracts, with these folders before the others."""
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            f"--config={root / 'pyproject.toml'}",
            "--no-cache",
        ],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, first_on_path))},
        capture_output=True,
        text=True,
        check=False,
    )


DELIBERATE = [
    ("layers", "llem_schema", "llem_contracts"),
    ("layers", "llem_contracts", "llem_energy"),
    ("layers", "llem_energy", "llem_store"),
    ("layers", "llem_harness", "llem_study"),
    ("layers", "llem_store", "llem_testing"),
    ("discovery", "llem_harness", "llem_energy"),
    ("discovery", "llem_study", "llem_prompts"),
    ("facade", "llem_cli", "llem_contracts"),
    ("testing", "llem_testing", "llem_harness"),
    ("torch", "llem_flops", "torch"),
    ("pyarrow", "llem_harness", "pyarrow"),
    ("hub", "llem_store", "huggingface_hub"),
    ("nvml", "llem_harness", "pynvml"),
    ("pydantic-alone", "llem_schema", "yaml"),
]


@pytest.fixture(scope="module")
def settings(root: Path) -> dict[str, Any]:
    tools: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["tool"]
    return tools["importlinter"]


class TestImportContracts:
    def test_are_kept(self, root: Path, tmp_path: Path) -> None:
        outcome = lint_imports(root, tmp_path)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr

    @pytest.mark.parametrize(("contract", "importer", "imported"), DELIBERATE)
    def test_are_broken_by_a_deliberate_import(
        self,
        root: Path,
        packages: list[Any],
        settings: dict[str, Any],
        tmp_path: Path,
        contract: str,
        importer: str,
        imported: str,
    ) -> None:
        package = next(p for p in packages if p.import_name == importer)
        shutil.copytree(package.source, tmp_path / importer)
        (tmp_path / importer / "deliberate.py").write_text(f"import {imported}\n")
        outcome = lint_imports(root, tmp_path, tmp_path)
        name = next(c["name"] for c in settings["contracts"] if c["id"] == contract)
        assert outcome.returncode == 1, outcome.stdout + outcome.stderr
        assert f"{name} BROKEN" in outcome.stdout
        assert f"{importer}.deliberate -> {imported}" in outcome.stdout

    def test_have_a_deliberate_import_each(self, settings: dict[str, Any]) -> None:
        assert {contract["id"] for contract in settings["contracts"]} == {
            contract for contract, _, _ in DELIBERATE
        }

    def test_know_every_package(self, packages: list[Any], settings: dict[str, Any]) -> None:
        assert settings["root_packages"] == sorted(package.import_name for package in packages)
        layers = " | ".join(settings["contracts"][0]["layers"]).split(" | ")
        present = {layer for layer in layers if not layer.startswith("(")}
        assert present == set(settings["root_packages"])
