"""The committed JSON Schemas are those of the models, and they know what people write (CFG-26)."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from llem_contracts import ConfigError
from llem_study import resolve
from llem_testing.goldens import golden_documents
from pydantic import ValidationError

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schema"
HOW_TO_UPDATE = "run `python tools/export_schemas.py` and commit what it writes"
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GOLDENS = {
    "event": "packages/llem-contracts/tests/goldens/event",
    "experiment": "packages/llem-schema/tests/goldens/experiment-config",
    "partial-run": "packages/llem-store/tests/goldens/partial-run",
    "result": "packages/llem-schema/tests/goldens/result",
    "run-state": "packages/llem-schema/tests/goldens/run-state",
    "user-config": "packages/llem-schema/tests/goldens/user-config",
    "work-order": "packages/llem-schema/tests/goldens/work-order",
}


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return loaded


def takes(name: str, document: Any) -> bool:
    return Draft202012Validator(schema(name)).is_valid(document)


def experiments_in_documents() -> dict[str, str]:
    """The experiments in YAML blocks of the documentation, by place."""
    files = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*/README.md")]
    return {
        f"{file.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}": match.group(1)
        for file in files
        for text in [file.read_text()]
        for match in BLOCK.finditer(text)
        if re.search(r"^model:", match.group(1), re.MULTILINE)
    }


EXPERIMENTS = experiments_in_documents()


class TestCommittedSchemas:
    def test_are_what_the_models_say(self, tmp_path: Path) -> None:
        tool = ROOT / "tools" / "export_schemas.py"
        subprocess.run([sys.executable, tool, tmp_path], check=True, capture_output=True)
        written = {file.name: file.read_text() for file in tmp_path.iterdir()}
        committed = {file.name: file.read_text() for file in SCHEMAS.glob("*.json")}
        assert written == committed, HOW_TO_UPDATE

    @pytest.mark.parametrize("name", GOLDENS)
    def test_are_valid_and_take_every_golden(self, name: str) -> None:
        Draft202012Validator.check_schema(schema(name))
        for document in golden_documents(ROOT / GOLDENS[name]):
            Draft202012Validator(schema(name)).validate(document)

    def test_have_goldens_each(self) -> None:
        assert {file.name for file in SCHEMAS.glob("*.json")} == {
            f"{name}.schema.json" for name in GOLDENS
        }

    @pytest.mark.parametrize("name", ["event", "partial-run", "result", "run-state", "work-order"])
    def test_insist_on_the_key_that_tells_what_a_document_is(self, name: str) -> None:
        for document in golden_documents(ROOT / GOLDENS[name]):
            del document["type" if name == "event" else "schema_version"]
            assert not takes(name, document)


class TestExperimentSchema:
    def test_finds_the_experiments_of_the_documentation(self) -> None:
        assert any(place.startswith("README.md") for place in EXPERIMENTS)

    @pytest.mark.parametrize("place", EXPERIMENTS)
    def test_takes_what_the_documentation_shows(self, place: str) -> None:
        Draft202012Validator(schema("experiment")).validate(yaml.safe_load(EXPERIMENTS[place]))

    @pytest.mark.parametrize(
        ("document", "sound"),
        [
            ({"backend": "acme-echo", "acme-echo": {"batch_size": 2}}, True),
            ({"backend": "acme-echo", "extension": {"acme-echo": {"batch_size": 2}}}, True),
            ({"pytorch": {"batch_size": 2}}, True),
            ({"backend": "pytorch", "acme-echo": {"batch_size": 2}}, False),
            ({"acme-echo": {"batch_size": 2}}, False),
            ({"backend": "acme-echo", "acme-echo": 2}, False),
            ({"backend": "acme-echo", "modle": "acme:echo"}, False),
            ({"pytorhc": {"batch_size": 2}}, False),
            ({"pytorch": {"batchsize": 2}}, False),
            ({"warmup": {"thermal": "hot"}}, False),
        ],
    )  # fmt: skip
    def test_judges_as_llem_does(
        self, document: dict[str, Any], sound: bool, tmp_path: Path
    ) -> None:
        whole = {"model": "acme:echo", "precision": "fp32", **document}
        file = tmp_path / "experiment.yaml"
        file.write_text(yaml.safe_dump(whole))
        assert takes("experiment", whole) == sound
        if sound:
            resolve(file, environ={"LLEM_CONFIG": "none"})
        else:
            with pytest.raises((ConfigError, ValidationError)):
                resolve(file, environ={"LLEM_CONFIG": "none"})
