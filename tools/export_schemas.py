"""Write the JSON Schema of every document: `python tools/export_schemas.py [FOLDER]`.

FOLDER is `docs/schema` by default, whose README says what the schemas are for. A test fails when
the committed files are not what this writes.
"""

import json
import sys
from pathlib import Path
from typing import Any

from llem_contracts import Event
from llem_schema import (
    BACKEND_SECTIONS,
    ExperimentConfig,
    ExperimentResult,
    RunState,
    UserConfig,
    WorkOrder,
    json_schema,
)
from llem_store import PartialRecord

FOLDER = Path(__file__).parents[1] / "docs" / "schema"
ALWAYS_STATED = ("schema_version", "type")
"""Keys that a reader insists on, although the models have a default for them."""


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each document, by the name of its file."""
    written = {
        "event": Event,
        "partial-run": PartialRecord,
        "result": ExperimentResult,
        "run-state": RunState,
        "work-order": WorkOrder,
    }
    return {
        "experiment": experiment_file(),
        "user-config": json_schema(UserConfig),
        **{name: _with_stated_keys(json_schema(model)) for name, model in written.items()},
    }


def experiment_file() -> dict[str, Any]:
    """The schema of an experiment as it is typed.

    A backend from elsewhere has its section at the top, under its own name. Which names there are
    depends on what is installed, so any section may stand beside the known keys where `backend`
    names such a backend, and none where it does not.
    """
    schema = json_schema(ExperimentConfig)
    schema["additionalProperties"] = {
        "type": "object",
        "description": "The section of a backend from elsewhere, by the backend's name.",
    }
    schema["if"] = {"properties": {"backend": {"enum": list(BACKEND_SECTIONS)}}}
    schema["then"] = {"propertyNames": {"enum": list(schema["properties"])}}
    return schema


def _with_stated_keys(schema: dict[str, Any]) -> dict[str, Any]:
    for model in (schema, *schema["$defs"].values()):
        stated = [key for key in ALWAYS_STATED if key in model.get("properties", {})]
        others = [key for key in model.get("required", ()) if key not in stated]
        if stated:
            model["required"] = [*stated, *others]
    return schema


def main(folder: Path) -> None:
    """Write every schema into a folder, and say which changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        file = folder / f"{name}.schema.json"
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
