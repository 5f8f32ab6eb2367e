"""From a file, flags and surroundings to a work order; nothing downstream reads them again."""

import importlib.metadata
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from llem_contracts import BACKENDS, METERS, ConfigError, find
from llem_harness import logger, unsupported
from llem_schema import (
    ExperimentConfig,
    FrozenDict,
    Origin,
    RunSettings,
    UserConfig,
    WorkOrder,
    measurement_config_hash,
)
from pydantic import ValidationError

from llem_study.explain import explain_validation
from llem_study.layers import Layer, merge, nested
from llem_study.sections import foreign_backends, move_to_extension, plugin_keys, refuse_misplaced
from llem_study.user_config import load_user_config
from llem_study.yaml_file import load_mapping

DEFAULT_RESULTS_DIR = "results"
CACHE_VARIABLE = "LLEM_CACHE_DIR"
"""Names the folder for caches; the platform's own one else."""
_STUDY_KEYS = ("sweep", "experiments", "execution", "base")


def load_experiment_config(path: str | Path) -> ExperimentConfig:
    """Read one experiment's file.

    Raises `ConfigError` for what is no YAML mapping and pydantic's `ValidationError` for what is no
    experiment.
    """
    return _validated(_experiment_mapping(Path(path)))


def resolve(
    source: ExperimentConfig | str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    *,
    output_dir: str | Path | None = None,
    save: bool | None = None,
    batch_size: int | None = None,
    environ: Mapping[str, str] = os.environ,
) -> WorkOrder:
    """Merge flags over environment over file over user config over defaults, and check the whole.

    `overrides` are the flags, by dotted path. `save` False keeps the result in memory; None saves
    where `output_dir` is given. Where it is to be saved and `output_dir` is None, the user config
    and then `results` name the folder. `batch_size` is a flag for the section of whichever backend
    runs.

    Raises `ConfigError` and pydantic's `ValidationError`.
    """
    found = load_user_config(environ)
    user = found.config
    layers = [Layer("user config", _config_defaults(user))]
    if isinstance(source, ExperimentConfig):
        layers.append(Layer("caller", source.model_dump(exclude_unset=True)))
    elif source is not None:
        layers.append(Layer("file", _experiment_mapping(Path(source))))
    layers.append(Layer("flag", nested(overrides or {})))
    if batch_size is not None:
        backend = merge(layers)[0].get("backend", ExperimentConfig.model_fields["backend"].default)
        layers.append(Layer("flag", {str(backend): {"batch_size": batch_size}}))
    values, origins = merge(layers)
    config = _validated(values)
    _check_support(config)
    settings, settings_origins = run_settings(user, output_dir, save, environ)
    logger(__name__).debug(
        "order resolved",
        hash=measurement_config_hash(config),
        origins={**origins, **settings_origins},
        user_config=str(found.path) if found.path else None,
    )
    return WorkOrder(
        experiment_id=uuid.uuid4().hex,
        config=config,
        settings=settings.model_copy(
            update={"origins": FrozenDict({**origins, **settings_origins})}
        ),
        packages=FrozenDict(_llem_versions()),
    )


def _experiment_mapping(path: Path) -> dict[str, Any]:
    values = load_mapping(path)
    for key in _STUDY_KEYS:
        if key in values:
            raise ConfigError(
                f"{path} describes a study (it has the key `{key}`), and this version of llem "
                "runs single experiments",
                cure="Write one file for each configuration and run them one after another.",
            )
    return values


def _validated(values: Mapping[str, Any]) -> ExperimentConfig:
    """The config; a `ValidationError` gets its faults in plain words as notes."""
    foreign = foreign_backends()
    try:
        return ExperimentConfig.model_validate(move_to_extension(values, foreign))
    except ValidationError as error:
        for sentence in explain_validation(error, plugin_keys=plugin_keys(foreign)):
            error.add_note(sentence)
        raise


def _check_support(config: ExperimentConfig) -> None:
    refuse_misplaced(config)
    descriptor = find(BACKENDS, config.backend).descriptor
    assert descriptor is not None
    for problem in unsupported(config, descriptor):
        raise ConfigError(problem.message, cure=problem.cure)
    if config.energy.meter != "auto":
        find(METERS, config.energy.meter)


def _config_defaults(user: UserConfig) -> dict[str, Any]:
    """What the user config says of the experiment itself."""
    values = {
        "energy.meter": user.measurement.meter,
        "energy.sample_period_s": user.advanced.sample_period_s,
        "baseline.cache_ttl_seconds": user.advanced.baseline_ttl_s,
    }
    return nested({key: value for key, value in values.items() if value is not None})


def run_settings(
    user: UserConfig,
    output_dir: str | Path | None,
    save: bool | None,
    environ: Mapping[str, str],
) -> tuple[RunSettings, dict[str, Origin]]:
    """The settings of a run, and where each that is no default comes from; see `resolve`."""
    origins: dict[str, Origin] = {}
    results_dir: str | None = None
    if save or (save is None and output_dir is not None):
        results_dir = DEFAULT_RESULTS_DIR
        if output_dir is not None:
            results_dir, origins["results_dir"] = str(output_dir), "flag"
        elif user.output.results_dir is not None:
            results_dir, origins["results_dir"] = user.output.results_dir, "user config"
    if user.output.model_cache_dir is not None:
        origins["model_cache_dir"] = "user config"
    cache_dir = environ.get(CACHE_VARIABLE)
    if cache_dir:
        origins["cache_dir"] = "environment"
    intensity = _number("LLEM_CARBON_INTENSITY", "carbon_intensity_g_per_kwh", user, environ)
    pue = _number("LLEM_DATACENTER_PUE", "pue", user, environ)
    origins |= intensity.origins | pue.origins
    return (
        RunSettings(
            results_dir=results_dir,
            model_cache_dir=user.output.model_cache_dir,
            cache_dir=cache_dir or platformdirs.user_cache_dir("llem"),
            carbon_intensity_g_per_kwh=intensity.value,
            pue=pue.value,
        ),
        origins,
    )


@dataclass(frozen=True)
class _Number:
    value: float | None
    origins: dict[str, Origin]


def _number(variable: str, name: str, user: UserConfig, environ: Mapping[str, str]) -> _Number:
    """A setting of the user config's `measurement` that a variable may set instead.

    Raises `ConfigError` for a variable that holds no such number.
    """
    text = environ.get(variable)
    if not text:
        value = getattr(user.measurement, name)
        return _Number(value, {} if value is None else {name: "user config"})
    try:
        told = RunSettings.model_validate_strings({name: text}, strict=False)
    except ValidationError as error:
        least = "1" if name == "pue" else "0"
        raise ConfigError(
            f"{variable} is {text!r}, which is no number from {least} on",
            cure=f"Set it to one, or unset {variable}.",
        ) from error
    return _Number(getattr(told, name), {name: "environment"})


def _llem_versions() -> dict[str, str]:
    names = {
        distribution.metadata["Name"]: distribution.version
        for distribution in importlib.metadata.distributions()
    }
    return {
        name: version
        for name, version in sorted(names.items())
        if name == "llem" or name.startswith("llem-")
    }
