"""Finding and reading the user config."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from llem_contracts import ConfigError
from llem_schema import UserConfig
from pydantic import ValidationError

from llem_study.explain import explain_validation
from llem_study.yaml_file import load_mapping


@dataclass(frozen=True)
class FoundUserConfig:
    """The user config, and the file it came from."""

    config: UserConfig
    path: Path | None
    """None where there is no file, or where `LLEM_CONFIG=none` switches it off."""


def user_config_path(environ: Mapping[str, str]) -> Path | None:
    """Where the user config would be; None when switched off."""
    named = environ.get("LLEM_CONFIG")
    if named == "none":
        return None
    return Path(named) if named else platformdirs.user_config_path("llem") / "config.yaml"


def load_user_config(environ: Mapping[str, str]) -> FoundUserConfig:
    """The user config, or defaults where there is none.

    Raises `ConfigError` for a broken file, naming file and field, and for a file that
    `LLEM_CONFIG` names and that does not exist.
    """
    path = user_config_path(environ)
    if path is None or (not environ.get("LLEM_CONFIG") and not path.exists()):
        return FoundUserConfig(UserConfig(), None)
    values = load_mapping(path)
    try:
        return FoundUserConfig(UserConfig.model_validate(values), path)
    except ValidationError as error:
        raise ConfigError(
            "; ".join(explain_validation(error, UserConfig)),
            cure="Correct the user config, or set LLEM_CONFIG=none to do without.",
            file=str(path),
        ) from error
