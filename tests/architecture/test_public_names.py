"""Public names change by decision, not by accident (LA-07, LA-08)."""

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

SNAPSHOT = Path(__file__).with_name("public_names.json")
HOW_TO_UPDATE = (
    "If the change is meant, run `python tests/architecture/public_names.py`, commit the file, and "
    "write the change into the package's CHANGELOG.md."
)


class TestPublicNames:
    def test_are_those_of_the_snapshot(self, package: Any) -> None:
        pinned = set(json.loads(SNAPSHOT.read_text()).get(package.import_name, ()))
        present = set(importlib.import_module(package.import_name).__all__)
        assert present == pinned, (
            f"{package.import_name}: removed {sorted(pinned - present)}, "
            f"added {sorted(present - pinned)}. {HOW_TO_UPDATE}"
        )

    def test_all_lead_somewhere(self, package: Any) -> None:
        module = importlib.import_module(package.import_name)
        missing = [name for name in module.__all__ if not hasattr(module, name)]
        assert missing == []

    def test_are_all_that_the_package_offers(self, package: Any) -> None:
        """What else stands in the module is a submodule, somebody else's, or private."""
        module = importlib.import_module(package.import_name)
        others = {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("_") and name not in module.__all__
        }
        ours = {
            name
            for name, value in others.items()
            if not isinstance(value, ModuleType)
            and str(getattr(value, "__module__", "")).partition(".")[0].startswith("llem")
        }
        assert ours == set()

    def test_stand_once_each(self, package: Any) -> None:
        names = importlib.import_module(package.import_name).__all__
        assert len(names) == len(set(names))

    def test_include_the_version(self, package: Any) -> None:
        module = importlib.import_module(package.import_name)
        assert "__version__" in module.__all__
        assert module.__version__.count(".") == 2

    def test_snapshot_holds_no_package_that_is_gone(self, packages: list[Any]) -> None:
        assert set(json.loads(SNAPSHOT.read_text())) == {p.import_name for p in packages}
