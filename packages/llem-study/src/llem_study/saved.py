"""What was saved before, in the folder where runs go."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs
from llem_contracts import STORES, CatalogueEntry, Store, create, find
from llem_schema import RunSettings

from llem_study.resolve import CACHE_VARIABLE, DEFAULT_RESULTS_DIR
from llem_study.user_config import load_user_config


def catalogue(
    folder: str | Path | None = None, *, environ: Mapping[str, str] = os.environ
) -> tuple[CatalogueEntry, ...]:
    """All runs in a folder and below it, sorted by path, with the figures that a table needs.

    None is where `llem run` saves: the user config's `results_dir`, else `results`. Runs without a
    result, and those whose file is broken, are there too, with the reason. Raises `StoreError` for
    what is no folder, or cannot be listed.
    """
    if folder is None:
        folder = default_results_dir(environ)
    settings = RunSettings(
        cache_dir=environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("llem")
    )
    descriptor = find(STORES, "folder").descriptor
    assert descriptor is not None
    store: Store = create(descriptor, settings)
    return store.catalogue(Path(folder))


def default_results_dir(environ: Mapping[str, str] = os.environ) -> str:
    """Where runs are saved that name no folder. Raises `ConfigError` for a broken user config."""
    return load_user_config(environ).config.output.results_dir or DEFAULT_RESULTS_DIR
