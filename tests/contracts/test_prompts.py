"""Every installed prompt source keeps the contract."""

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest
from llem_contracts import PromptSource
from llem_prompts import BuiltinPrompts, FilePrompts, HubPrompts, SyntheticPrompts, builtin_set
from llem_prompts.descriptors import BUILTIN, FILES, HUB, SYNTHETIC
from llem_prompts.hub import HuggingFaceHub
from llem_schema import DatasetConfig
from llem_testing.suites import PromptsSuite

# Written down once: what a seed gives may change with SYNTHETIC_REVISION alone.
SYNTHETIC_TEXTS = (
    "spaces best branches met",
    "clean project somethings",
    "property usual everyoner",
)
TEXTS = ("Why is the sky blue?", "Was heißt naïve?", "1 + 1 =")


class TestBuiltinPrompts(PromptsSuite):
    plugin = ("llem.prompts", "builtin")
    descriptor = BUILTIN

    def make_source(self) -> PromptSource:
        return BuiltinPrompts()

    def dataset(self, folder: Path) -> DatasetConfig:
        return DatasetConfig(source="builtin")

    def absent(self, folder: Path) -> DatasetConfig:
        return DatasetConfig(source="built-out")

    def texts(self, folder: Path) -> tuple[str, ...]:
        return tuple(prompt.text for prompt in builtin_set()[:3])


class TestSyntheticPrompts(PromptsSuite):
    plugin = ("llem.prompts", "synthetic")
    descriptor = SYNTHETIC

    def make_source(self) -> PromptSource:
        return SyntheticPrompts()

    def dataset(self, folder: Path) -> DatasetConfig:
        return DatasetConfig(source="synthetic", input_tokens=24)

    def absent(self, folder: Path) -> DatasetConfig:
        return DatasetConfig(source="synthetic", input_tokens=24, shared_prefix=24)

    def texts(self, folder: Path) -> tuple[str, ...]:
        return SYNTHETIC_TEXTS


class TestJsonlFile(PromptsSuite):
    plugin = ("llem.prompts", "files")
    descriptor = FILES

    def make_source(self) -> PromptSource:
        return FilePrompts()

    def dataset(self, folder: Path) -> DatasetConfig:
        file = folder / "prompts.jsonl"
        file.write_text("".join(json.dumps({"ask": text}) + "\n" for text in TEXTS))
        return DatasetConfig(source=str(file), column="ask")

    def absent(self, folder: Path) -> DatasetConfig:
        return DatasetConfig(source=str(folder / "absent.jsonl"))

    def texts(self, folder: Path) -> tuple[str, ...]:
        return TEXTS


class TestTextFile(TestJsonlFile):
    def dataset(self, folder: Path) -> DatasetConfig:
        file = folder / "prompts.txt"
        file.write_text("\n".join(TEXTS), encoding="utf-8")
        return DatasetConfig(source=str(file))


class TestCsvFile(TestJsonlFile):
    def dataset(self, folder: Path) -> DatasetConfig:
        file = folder / "prompts.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("id", "ask"), *enumerate(TEXTS)])
        return DatasetConfig(source=str(file), column="ask")


class TestParquetFile(TestJsonlFile):
    def dataset(self, folder: Path) -> DatasetConfig:
        file = folder / "prompts.parquet"
        pyarrow.parquet.write_table(pyarrow.table({"ask": list(TEXTS)}), file)
        return DatasetConfig(source=str(file), column="ask")


class TestHubDataset(PromptsSuite):
    """Of a dataset in the hub's cache; the hub itself cannot be reached."""

    plugin = ("llem.prompts", "hub")
    descriptor = HUB
    cache: Path

    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.cache = tmp_path

    def make_source(self) -> PromptSource:
        hub = HuggingFaceHub(str(self.cache), endpoint="http://127.0.0.1:9")
        return HubPrompts(hub, sleep=lambda _seconds: None)

    def dataset(self, folder: Path) -> DatasetConfig:
        repository = folder / "datasets--someone--prompts"
        snapshot = repository / "snapshots" / ("a" * 40)
        (snapshot / "data").mkdir(parents=True, exist_ok=True)
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / "main").write_text("a" * 40)
        file = snapshot / "data" / "train-00000-of-00001.parquet"
        pyarrow.parquet.write_table(pyarrow.table({"ask": list(TEXTS)}), file)
        return DatasetConfig(source="someone/prompts", column="ask")

    def absent(self, folder: Path) -> DatasetConfig:
        return self.dataset(folder).model_copy(update={"source": "someone/absent"})

    def texts(self, folder: Path) -> tuple[str, ...]:
        return TEXTS
