"""A sound result in which every field that may be None is None, and explained."""

from pathlib import Path

import pytest
from llem_schema import ExperimentResult, result_from_json


@pytest.fixture(scope="session")
def result() -> ExperimentResult:
    golden = Path(__file__).parent / "goldens" / "result" / "v1" / "minimal.json"
    return result_from_json(golden.read_text(encoding="utf-8"))
