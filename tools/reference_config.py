"""The page about configuration, as Markdown, from the models' JSON Schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

from llem_schema import BACKEND_SECTIONS, ExperimentConfig, UserConfig, json_schema

Schema = Mapping[str, Any]

_BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no"}

_INTRODUCTION = """# Configuration

An experiment is a YAML file, flags of `llem run`, arguments of `llem.run_experiment`, or any mix
of them. Flags win over the environment, the environment over the file, the file over the
[user config](#user-config), and that over the defaults. `llem config --verbose experiment.yaml`
shows each value with where it comes from.

- An unknown key, a key that stands twice and a value of another type are errors: `"3"` is no
  number.
- Plain words have the types of YAML 1.2: `off`, `1:30`, `1_000` and `2026-01-01` are text, `1e-3`
  and `010` are numbers. A file has 256 KiB and 64 levels at most, its aliases written out.
- `--set` takes the dotted key: `--set warmup.n_warmup=2`.
- A time is in seconds, and every name says its unit.
- The hash of a result, `measurement_config_hash`, covers all keys of an experiment and nothing
  else.

An editor can complete these keys: [JSON Schemas](../schema/README.md).

## Experiment

The keys at the top of `experiment.yaml`. A key whose type is *section* has a table of its own
below.
"""

_BACKENDS_FROM_ELSEWHERE = """
### Backends from elsewhere

A backend that llem does not bring has its section at the top of the file, under its own name. What
may stand in it is the backend's to say; see [write a backend](../how-to/write-a-backend.md).
"""

_USER_CONFIG = """
## User config

`config.yaml` in the platform's folder for configuration (on Linux `~/.config/llem/config.yaml`), or
the file that `LLEM_CONFIG` names. `LLEM_CONFIG=none` does without. Where there is none, nothing is
said; a broken one is an error. See [set your own defaults](../how-to/set-defaults.md).
"""


def configuration_page() -> str:
    """Every key of an experiment and of the user config, with type, default and meaning."""
    experiment, user = json_schema(ExperimentConfig), json_schema(UserConfig)
    lines = [_INTRODUCTION, *_table(experiment, experiment, hidden=("extension",))]
    for key, title, section in _sections(experiment, hidden=("extension",)):
        belongs = f" Of the backend `{key}`." if key in BACKEND_SECTIONS else ""
        lines += ["", f"### {title}", "", f"{section['description']}{belongs}", ""]
        lines += _table(section, experiment)
    lines += [_BACKENDS_FROM_ELSEWHERE, _USER_CONFIG.strip()]
    for _, title, section in _sections(user):
        lines += ["", f"### {title}", "", section["description"], "", *_table(section, user)]
    return "\n".join(lines) + "\n"


def _sections(
    document: Schema, hidden: tuple[str, ...] = (), above: str = "", within: Schema | None = None
) -> Iterator[tuple[str, str, Schema]]:
    """Dotted key, title and schema of each section of a document, and of those inside it."""
    for name, field in (within or document)["properties"].items():
        section = _section_of(field, document)
        if section is not None and name not in hidden:
            key = f"{above}{name}"
            yield key, f"`{key}`", section
            yield from _sections(document, hidden, f"{key}.", section)


def _table(section: Schema, document: Schema, hidden: tuple[str, ...] = ()) -> Iterator[str]:
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    for key, field in section["properties"].items():
        if key in hidden:
            continue
        inner = _section_of(field, document)
        meaning = field.get("description") or (inner or {}).get("description", "")
        cells = (f"`{key}`", _type(field, document), _default(key, field, section), meaning)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _section_of(field: Schema, document: Schema) -> Schema | None:
    """The schema of the section that a field holds, or may hold."""
    for branch in (field, *field.get("anyOf", ())):
        reference = branch.get("$ref")
        if reference is not None:
            section: Schema = document["$defs"][reference.rpartition("/")[2]]
            return section
    return None


def _type(field: Schema, document: Schema) -> str:
    branches = [branch for branch in field.get("anyOf", (field,)) if branch.get("type") != "null"]
    return " or ".join(_type_of_branch(branch) for branch in branches)


def _type_of_branch(branch: Schema) -> str:
    if "$ref" in branch:
        return "section"
    if "enum" in branch:
        return ", ".join(f"`{value}`" for value in branch["enum"])
    kind = _TYPES.get(branch.get("type", ""), "mapping")
    bounds = [f"{word} {branch[name]}" for name, word in _BOUNDS.items() if name in branch]
    return " ".join([kind, *bounds[:1], *(f"and {bound}" for bound in bounds[1:])])


def _default(key: str, field: Schema, section: Schema) -> str:
    if key in section.get("required", ()):
        return "needed"
    value = field.get("default")
    if value is None or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
