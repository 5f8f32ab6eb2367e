"""The columns of a table of results: every field of a catalogue's entry, and how each is shown."""

import dataclasses
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import llem
from llem_schema import nearest_key

from llem_cli.printing import plain

KEYS = tuple(field.name for field in dataclasses.fields(llem.CatalogueEntry))

Show = Callable[[llem.CatalogueEntry], str]


@dataclass(frozen=True)
class Column:
    """One column of a table of text."""

    key: str
    """The field of the entry."""
    title: str
    show: Show
    figures: bool
    """Aligned to the right."""


def column(key: str) -> Column:
    """How a field is shown."""
    if key in _SPECIAL:
        title, show, figures = _SPECIAL[key]
        return Column(key, title, show, figures)
    return Column(key, key, lambda entry: _text(getattr(entry, key)), key in _FIGURES)


def chosen_keys(text: str) -> tuple[str, ...]:
    """Keys from a list with commas; `all` is every one. Raises `ConfigError` for one unknown."""
    if text == "all":
        return KEYS
    return tuple(known_key(name.strip()) for name in text.split(",") if name.strip()) or KEYS


def known_key(name: str) -> str:
    """The key that a name or a title means. Raises `ConfigError` with the nearest for neither."""
    if name in KEYS:
        return name
    titles = {title.lower(): key for key, (title, _, _) in _SPECIAL.items()}
    if name.lower() in titles:
        return titles[name.lower()]
    near = _nearest(name.lower())
    hint = f"Did you mean {near}? " if near else ""
    raise llem.ConfigError(
        f"there is no column {plain(name)!r}", cure=f"{hint}The columns are: {', '.join(KEYS)}."
    )


def _nearest(name: str) -> str | None:
    """The nearest key or title, else the first that has a word like the name, titles first."""
    names = {title.lower(): key for key, (title, _, _) in _SPECIAL.items()} | {k: k for k in KEYS}
    near = nearest_key(name, KEYS) or nearest_key(name, names)
    if near is None:
        words = {word: text for text in reversed(names) for word in re.split(r"[^a-z]+", text)}
        near = words.get(nearest_key(name, words) or "")
    return None if near is None else names[near]


def in_order(
    entries: Sequence[llem.CatalogueEntry], key: str, *, reverse: bool
) -> list[llem.CatalogueEntry]:
    """Sorted by a field, equal ones as they were; those that do not have it come last."""
    having = [entry for entry in entries if getattr(entry, key) is not None]
    lacking = [entry for entry in entries if getattr(entry, key) is None]
    return sorted(having, key=lambda entry: getattr(entry, key), reverse=reverse) + lacking


def figure(value: float) -> str:
    """A number with four digits that count, without an exponent where that is readable."""
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        digits = max(0, 3 - _magnitude(value))
        return f"{value:,.{digits}f}"
    return f"{value:.3e}"


def with_uncertainty(value: float | None, uncertainty: float | None, *, estimated: bool) -> str:
    """`0.0123 ± 0.0004`: two digits of the uncertainty decide how many the value has."""
    if value is None:
        return ""
    mark = " est." if estimated else ""
    if not uncertainty or not 1e-4 <= abs(value) < 1e6:
        text = figure(value) + (f" ± {figure(uncertainty)}" if uncertainty else "")
        return text + mark
    digits = max(0, 1 - _magnitude(uncertainty))
    return f"{value:,.{digits}f} ± {uncertainty:,.{digits}f}{mark}"


def _magnitude(value: float) -> int:
    """Decimal exponent: 0 for 5, 2 for 312, -2 for 0.04."""
    return math.floor(math.log10(abs(value))) if value else 0


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return figure(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case tuple():
            return " ".join(plain(str(item)) for item in value)
        case _:
            return plain(str(value))


def _joules(value: str, uncertainty: str) -> Show:
    def show(entry: llem.CatalogueEntry) -> str:
        return with_uncertainty(
            getattr(entry, value),
            getattr(entry, uncertainty),
            estimated=bool(entry.energy_estimated),
        )

    return show


def _of(key: str) -> Show:
    return lambda entry: _text(getattr(entry, key))


_SPECIAL: dict[str, tuple[str, Show, bool]] = {
    "path": ("result", _of("path"), False),
    "batch_size": ("batch", _of("batch_size"), True),
    "measurement_config_hash": ("config", _of("measurement_config_hash"), False),
    "started_at": ("started", _of("started_at"), False),
    "output_tokens_per_s": ("tokens/s", _of("output_tokens_per_s"), True),
    "energy_total_j": ("J", _joules("energy_total_j", "energy_uncertainty_j"), True),
    "energy_adjusted_j": (
        "J above idle",
        _joules("energy_adjusted_j", "energy_adjusted_uncertainty_j"),
        True,
    ),
    "energy_per_output_token_j": (
        "J/token",
        _joules("energy_per_output_token_j", "energy_per_output_token_uncertainty_j"),
        True,
    ),
    "ttft_p50_ms": ("TTFT ms", _of("ttft_p50_ms"), True),
    "itl_p50_ms": ("ITL ms", _of("itl_p50_ms"), True),
    "peak_memory_mib": ("MiB", _of("peak_memory_mib"), True),
}
_FIGURES = frozenset(
    {"n", "max_output_tokens", "output_tokens"}
    | {key for key in KEYS if key.endswith(("_s", "_j", "_ms", "_mib"))}
)
