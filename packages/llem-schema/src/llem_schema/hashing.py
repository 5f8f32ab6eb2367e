"""Canonical JSON and the hash that names a configuration."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from llem_schema.config import ExperimentConfig


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no spaces, no NaN, models without their None fields.

    A None inside a free-form mapping stays, because there it is a value of its own. A model that
    holds nothing but None is left out like None itself.
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def measurement_config_hash(config: ExperimentConfig) -> str:
    """16 hex digits of the SHA-256 of the config's canonical JSON, after all merging."""
    return hashlib.sha256(canonical_json(config).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        fields = ((name, getattr(value, name)) for name in type(value).model_fields)
        plain = {name: _plain(item) for name, item in fields if item is not None}
        return {
            name: item
            for name, item in plain.items()
            if item != {} or not isinstance(getattr(value, name), BaseModel)
        }
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
