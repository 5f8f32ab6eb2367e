"""Who may import whom, exactly; and what is imported is declared."""

from collections.abc import Iterable
from typing import Any

from workspace import distribution_of

BELOW = frozenset({"llem_contracts", "llem_schema"})
MAY_IMPORT: dict[str, frozenset[str]] = {
    "llem_schema": frozenset(),
    "llem_contracts": frozenset({"llem_schema"}),
    "llem_energy": BELOW | {"codecarbon", "platformdirs", "pynvml", "zeus"},
    "llem_flops": BELOW,
    "llem_prompts": BELOW | {"huggingface_hub", "pyarrow"},
    "llem_stats": BELOW,
    "llem_store": BELOW | {"pyarrow"},
    "llem_backend_pytorch": BELOW
    | {"huggingface_hub", "numpy", "peft", "tokenizers", "torch", "transformers"},
    "llem_harness": BELOW | {"llem_stats", "structlog"},
    "llem_study": BELOW | {"llem_harness", "platformdirs", "structlog", "yaml"},
    "llem": BELOW
    | {"llem_energy", "llem_flops", "llem_harness", "llem_prompts", "llem_store", "llem_study"},
    "llem_testing": BELOW | {"pynvml", "pytest", "pyte"},
    "llem_cli": frozenset({"llem", "llem_schema", "cyclopts", "structlog", "tqdm"}),
}
"""First and third parties, beside pydantic."""

GIVEN_BY_THE_SCHEMA = frozenset({"pydantic", "pydantic_core"})
"""pydantic's errors and types are part of what llem-schema gives to all that depend on it."""

IMPORT_NAMES = {"nvidia-ml-py": "pynvml", "pyyaml": "yaml"}
"""Distributions that are imported under another name than theirs."""

INSTALLED_AS_PLUGINS = frozenset({"llem_energy", "llem_flops", "llem_prompts"})
"""What the facade installs for discovery to find."""


def declared(package: Any) -> set[str]:
    """Import names of the distributions that a package requires, without its extras."""
    return import_names(package.project["dependencies"])


def optional(package: Any) -> set[str]:
    """Import names of the distributions that its extras bring."""
    extras = package.project.get("optional-dependencies", {}).values()
    return import_names(requirement for extra in extras for requirement in extra)


def import_names(requirements: Iterable[str]) -> set[str]:
    names = {distribution_of(requirement) for requirement in requirements}
    return {IMPORT_NAMES.get(name, name.replace("-", "_")) for name in names}


class TestImports:
    def test_are_those_of_the_table(self, package: Any) -> None:
        allowed = MAY_IMPORT[package.import_name] | GIVEN_BY_THE_SCHEMA
        assert package.imports <= allowed

    def test_are_declared(self, package: Any) -> None:
        known = declared(package) | optional(package)
        if "pydantic" in known or "llem_schema" in known:
            known |= GIVEN_BY_THE_SCHEMA
        assert package.imports <= known, "imported and not in `dependencies`"

    def test_cover_what_is_declared(self, package: Any) -> None:
        idle = declared(package) - package.imports
        if package.import_name == "llem":
            idle -= INSTALLED_AS_PLUGINS
        assert not idle, "in `dependencies` and not imported"


class TestTable:
    def test_names_every_package(self, packages: list[Any]) -> None:
        assert {package.import_name for package in packages} == set(MAY_IMPORT)
