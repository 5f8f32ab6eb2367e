"""Where each value of a work order comes from, for who wonders why it is what it is (CFG-24)."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from llem_schema import FrozenJson, FrozenList, Model, Origin, WorkOrder

from llem_study.user_config import load_user_config

VARIABLES = {
    "LLEM_CACHE_DIR": "folder for caches",
    "LLEM_CARBON_INTENSITY": "grams of CO2 equivalent for a kilowatt-hour",
    "LLEM_CONFIG": "the user config file, or none",
    "LLEM_CPU_W_PER_CORE": "power of a busy core, for the meter `estimate`",
    "LLEM_DATACENTER_PUE": "power usage effectiveness of the data centre",
    "LLEM_NVML_BINDING": "another NVML binding than pynvml",
    "NO_COLOR": "no colour, unless it is empty",
}
"""Environment variables that llem heeds, and what for."""


class ValueOrigin(Model):
    """One value, and who gave it."""

    key: str
    value: FrozenJson
    origin: Origin | Literal["default"]


class Origins(Model):
    """What `llem config --verbose` shows of configuration."""

    config: FrozenList[ValueOrigin]
    """The experiment's fields, by dotted key."""
    settings: FrozenList[ValueOrigin]
    """What does not change the measurement: folders, and the command line's ways."""
    variables: FrozenList[ValueOrigin]
    """Variables that are set."""


def origins_of(order: WorkOrder, environ: Mapping[str, str] = os.environ) -> Origins:
    """Each value of an order, of the command line's own defaults and of the environment.

    Raises `ConfigError` for a broken user config.
    """
    given = order.settings.origins
    ui = load_user_config(environ).config.ui
    settings = order.settings.model_dump(mode="json", exclude={"origins"})
    of_ui = [
        ValueOrigin(
            key=f"ui.{name}",
            value=value,
            origin="user config" if name in ui.model_fields_set else "default",
        )
        for name, value in ui.model_dump().items()
    ]
    return Origins(
        config=tuple(
            ValueOrigin(key=key, value=value, origin=_origin(key, given))
            for key, value in _leaves(_as_in_a_file(order))
        ),
        settings=(
            *(
                ValueOrigin(key=key, value=value, origin=_origin(key, given))
                for key, value in settings.items()
            ),
            *of_ui,
        ),
        variables=tuple(
            ValueOrigin(key=name, value=environ[name], origin="environment")
            for name in VARIABLES
            if name in environ
        ),
    )


def _as_in_a_file(order: WorkOrder) -> dict[str, Any]:
    """The config with strangers' sections at the top, where a file has them."""
    values = order.config.model_dump(mode="json")
    return values | (values.pop("extension") or {})


def _leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _origin(key: str, given: Mapping[str, Origin]) -> Origin | Literal["default"]:
    """That of the key, or of what it lies in or holds: a section may be given as one value."""
    for path, origin in given.items():
        if key == path or key.startswith(f"{path}.") or path.startswith(f"{key}."):
            return origin
    return "default"
