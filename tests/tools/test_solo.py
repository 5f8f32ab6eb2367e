"""An environment with one package shows what the package brings too much, and what it lacks."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import solo
from workspace import ROOT, Package, packages, write

PYDANTIC: Mapping[str, Sequence[str]] = {
    "pydantic": [
        "annotated-types>=0.6",
        "pydantic_core==2.50.4",
        "typing-extensions>=4.14",
        "typing-inspection>=0.4",
        "email-validator>=2; extra == 'email'",
        "tzdata; python_version >= '3.9' and platform_system == 'Windows'",
    ],
    "annotated-types": ["typing-extensions>=4; python_version < '3.9'"],
    "pydantic-core": ["typing-extensions>=4.14"],
    "typing-extensions": [],
    "typing-inspection": ["typing-extensions>=4.12"],
}
ALONE: Mapping[str, Sequence[str]] = {
    "pip": [],
    "setuptools": [],
    "llem-schema": ["pydantic>=2.11"],
    **PYDANTIC,
}


def faults(name: str = "llem-schema", **changes: Sequence[str]) -> list[str]:
    changed = {key.replace("_", "-"): value for key, value in changes.items()}
    return list(solo.faults(name, {**ALONE, **changed}))


class TestFaults:
    def test_are_none_where_a_package_brings_what_it_may(self) -> None:
        assert faults() == []

    def test_name_what_nothing_asks_for(self) -> None:
        assert faults(rich=["markdown-it-py"], markdown_it_py=[]) == [
            "markdown-it-py is installed, and nothing that llem-schema declares asks for it",
            "rich is installed, and nothing that llem-schema declares asks for it",
        ]

    def test_name_a_sibling_that_is_used_without_being_declared(self) -> None:
        assert faults("llem-flops", llem_flops=["llem-schema>=0.1"], llem_contracts=[]) == [
            "llem-contracts is installed, and nothing that llem-flops declares asks for it"
        ]

    def test_name_what_is_declared_and_may_not_come(self) -> None:
        assert faults(llem_schema=["pydantic>=2.11", "PyYAML>=6"], pyyaml=[]) == [
            "pyyaml comes with llem-schema, which may not bring it"
        ]

    def test_name_what_comes_through_another(self) -> None:
        bringing = [*PYDANTIC["pydantic"], "rich>=14"]
        assert faults(pydantic=bringing, rich=[]) == [
            "rich comes with llem-schema, which may not bring it"
        ]

    def test_name_what_is_missing(self) -> None:
        installed = {name: needs for name, needs in ALONE.items() if name != "typing-inspection"}
        assert list(solo.faults("llem-schema", installed)) == [
            "typing-inspection is asked for and not installed"
        ]

    def test_know_that_a_condition_may_hold(self) -> None:
        assert faults(tzdata=[]) == ["tzdata comes with llem-schema, which may not bring it"]

    def test_know_that_an_extra_was_not_asked_for(self) -> None:
        assert faults(email_validator=[]) == [
            "email-validator is installed, and nothing that llem-schema declares asks for it"
        ]


class TestModules:
    @pytest.mark.parametrize("name", solo.MAY_BRING)
    def test_are_those_of_the_source(self, name: str) -> None:
        package = Package(ROOT / "packages" / name)
        files = {
            file.relative_to(package.source.parent).with_suffix("")
            for file in package.source.rglob("*.py")
        }
        names = {".".join(file.parts).removesuffix(".__init__") for file in files}
        assert set(solo.modules_of(package)) == names


class TestFailures:
    def told(self, folder: Path, module: str = "", example: str = "pass") -> list[str]:
        """Of a package with one module and one example, in an interpreter of its own."""
        package = Package(folder / "llem-sample")
        write(
            {
                package.init: "",
                package.source / "part.py": module,
                package.folder / "README.md": f"```python\n{example}\n```\n",
            }
        )
        code = (
            "import pathlib, solo, sys, workspace\n"
            "package = workspace.Package(pathlib.Path(sys.argv[1]))\n"
            "print(*solo.failures(package), sep='\\n')"
        )
        path = os.pathsep.join([str(ROOT / "tools"), str(package.source.parent)])
        done = subprocess.run(
            [sys.executable, "-c", code, package.folder],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    def test_are_none_where_everything_works(self, tmp_path: Path) -> None:
        assert self.told(tmp_path, example="import llem_sample.part") == [""]

    def test_name_a_module_whose_dependency_is_not_there(self, tmp_path: Path) -> None:
        assert self.told(tmp_path, module="import no_such_library") == [
            "llem_sample.part cannot be imported: No module named 'no_such_library'"
        ]

    def test_name_an_example_that_does_not_run(self, tmp_path: Path) -> None:
        (line,) = self.told(tmp_path, example="import no_such_library")
        assert line.endswith(
            "README.md:1 does not run: ModuleNotFoundError: No module named 'no_such_library'"
        )


class TestDiffers:
    @pytest.mark.parametrize(
        ("file", "text"),
        [("part.py", "changed = 1"), ("more.py", ""), ("data/words.txt", ""), ("py.typed", None)],
    )
    def test_tells_of_a_file_that_is_not_as_installed(
        self, tmp_path: Path, file: str, text: str | None
    ) -> None:
        package = Package(tmp_path / "llem-flops")
        shutil.copytree(Package(ROOT / "packages" / "llem-flops").source, package.source)
        assert not solo.differs(package)
        if text is None:
            (package.source / file).unlink()
        else:
            write({package.source / file: text})
        assert solo.differs(package)

    def test_has_nothing_to_tell_of_a_package_that_is_not_installed(self, tmp_path: Path) -> None:
        package = Package(tmp_path / "llem-nowhere")
        write({package.init: ""})
        assert not solo.differs(package)


class TestScript:
    def test_fails_where_other_packages_are_installed(self) -> None:
        done = subprocess.run(
            [sys.executable, solo.__file__, "llem-schema", "alone"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "torch is installed, and nothing that llem-schema declares asks for it" in (
            done.stderr.splitlines()
        )


class TestTable:
    def test_is_of_packages_that_exist(self) -> None:
        assert solo.MAY_BRING.keys() <= {package.name for package in packages()}

    def test_keeps_the_heavy_ones_apart(self) -> None:
        assert all("torch" not in brought for brought in solo.MAY_BRING.values())
        bring_pyarrow = {name for name, brought in solo.MAY_BRING.items() if "pyarrow" in brought}
        assert bring_pyarrow == {"llem-store"}
