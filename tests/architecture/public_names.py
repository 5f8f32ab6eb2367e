"""Writes the public names of every package to public_names.json. Run it after a change of them."""

import importlib
import json
from pathlib import Path

SNAPSHOT = Path(__file__).with_suffix(".json")


def current() -> dict[str, list[str]]:
    """The names in `__all__` of every package in the workspace, sorted."""
    root = Path(__file__).parents[2]
    folders = [path.parent.name for path in root.glob("*/*/pyproject.toml")]
    packages = sorted(folder.replace("-", "_") for folder in folders)
    return {name: sorted(importlib.import_module(name).__all__) for name in packages}


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(current(), indent=2) + "\n")
    print(f"wrote {SNAPSHOT}")
