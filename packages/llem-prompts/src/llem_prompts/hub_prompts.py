"""The source `hub`: prompts from datasets of the Hugging Face hub."""

import os
import time
from collections.abc import Callable

from llem_contracts import Problem, PromptSet, PromptSource, Tokenizer
from llem_schema import DatasetConfig, RunSettings

from llem_prompts.aliases import ALIASES
from llem_prompts.descriptors import HUB
from llem_prompts.extra import IsInstalled, is_installed, need
from llem_prompts.hub import Hub, HuggingFaceHub
from llem_prompts.hub_datasets import Asked, Found, HubDatasets
from llem_prompts.options import refuse_other_options
from llem_prompts.parquet import prompts_of_parquet
from llem_prompts.texts import DatasetError, Texts, need_rows


class HubPrompts:
    """Prompts of one split of a hub dataset, from its Parquet files or those that the hub made.

    The commit of what was read is the revision in the provenance. All rows are read and checked.
    """

    def __init__(
        self,
        hub: Hub,
        sleep: Callable[[float], None] = time.sleep,
        installed: IsInstalled = is_installed,
    ) -> None:
        """`installed`: whether a module is there that the base install does without."""
        self._datasets = HubDatasets(hub, sleep)
        self._installed = installed

    def problems(self, dataset: DatasetConfig, n: int) -> tuple[Problem, ...]:
        """What is wrong with the rows, where they are here; else whether there are enough on the
        hub, in a column of texts. Nothing goes into the cache.
        """
        try:
            asked = self._asked(dataset)
            found = self._datasets.cached(asked)
            if found is None:
                self._datasets.look(asked, n, _column(dataset))
            else:
                need_rows(len(_texts(dataset, asked, found).texts), n, dataset.source)
        except DatasetError as error:
            return (error.problem,)
        return ()

    def fetch(self, dataset: DatasetConfig) -> None:
        """Bring the split into the hub's cache. Raises `DatasetError`."""
        self._datasets.fetch(self._asked(dataset))

    def input_tokens(self, dataset: DatasetConfig) -> int | None:
        """None: every prompt has a length of its own."""
        return None

    def draw(
        self, dataset: DatasetConfig, n: int, random_seed: int, tokenizer: Tokenizer
    ) -> PromptSet:
        """`n` prompts of the split, fetched where it is not here.

        Raises `DatasetError`, a `ConfigError`, for what `problems` tells of, for fewer than `n`
        rows, and for a prompt that this tokenizer turns into nothing.
        """
        asked = self._asked(dataset)
        texts = _texts(dataset, asked, self._datasets.fetch(asked))
        need_rows(len(texts.texts), n, dataset.source)
        return texts.drawn(n, dataset.order, random_seed, tokenizer)

    def _asked(self, dataset: DatasetConfig) -> Asked:
        refuse_other_options(dataset, HUB.options, "a hub dataset")
        name = dataset.source
        alias = ALIASES.get(name)
        # os.path, as pathlib raises for a name that is too long
        if alias is None and os.path.exists(name):  # noqa: PTH110
            raise DatasetError(
                "dataset_format_unknown",
                f"{name} is here, and is no file of a known kind",
                cure="Name a file that ends in .jsonl, .csv, .parquet or .txt.",
            )
        for module in HUB.requires:
            need(module, f"the hub dataset {name}", self._installed)
        if alias is None:
            return Asked(name, dataset.split, dataset.revision)
        return Asked(alias.repository, dataset.split or alias.split, dataset.revision)


def hub_prompts(settings: RunSettings) -> PromptSource:
    """The factory behind the entry point; `model_cache_dir` is the hub's cache folder."""
    return HubPrompts(HuggingFaceHub(settings.model_cache_dir))


def _column(dataset: DatasetConfig) -> str | None:
    alias = ALIASES.get(dataset.source)
    return dataset.column or (alias.column if alias is not None else None)


def _texts(dataset: DatasetConfig, asked: Asked, found: Found) -> Texts:
    column = _column(dataset)
    texts: list[str] = []
    for path in found.paths:
        rows = prompts_of_parquet(path, f"{asked.repository}: {path.name}", column)
        texts += rows.texts
        column = rows.column
    return Texts(
        texts=texts,
        source="hub",
        name=dataset.source,
        revision=found.commit,
        repository=asked.repository,
        split=found.split,
        column=column,
    )
