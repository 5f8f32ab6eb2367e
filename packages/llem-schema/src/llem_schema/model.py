"""The base of every document: strict, frozen, no unknown keys."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Strict (no "3" for 3), frozen, and closed to keys that are not declared.

    Validators are built at first use, so that importing a model costs little.
    """

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        defer_build=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )
