"""The name of a run's folder: `{model}_{backend}_{time}`."""

import re
import unicodedata
from datetime import UTC, datetime

from llem_schema import ExperimentConfig

_TIME_FORM = "%Y-%m-%dT%H-%M-%S"
_WHOLE_NAME = re.compile(r".+_.+_(?P<time>[0-9-]+T[0-9-]+)(_[0-9]+)?", re.DOTALL)
_MODEL_BYTES = 120
_BACKEND_BYTES = 60
"""Together with the time and a number they stay below the 255 bytes that file systems allow."""


def run_folder_name(config: ExperimentConfig, wall_ns: int) -> str:
    """`llama-3.1-8b_pytorch_2026-11-23T14-30-05`; the time is UTC, to the second.

    UTC, because folders from several machines then sort by time, and no hour comes twice.
    """
    moment = datetime.fromtimestamp(wall_ns / 1e9, tz=UTC)
    return "_".join(
        (
            slug(config.model, fallback="model", most_bytes=_MODEL_BYTES),
            slug(config.backend, fallback="backend", most_bytes=_BACKEND_BYTES),
            moment.strftime(_TIME_FORM),
        )
    )


def begun_at(folder_name: str) -> datetime | None:
    """The time in the name of a run's folder, numbered or not; None for any other name."""
    found = _WHOLE_NAME.fullmatch(folder_name)
    if found is None:
        return None
    try:
        return datetime.strptime(found["time"], _TIME_FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def slug(name: str, *, fallback: str, most_bytes: int) -> str:
    """The last path component in lower case; all but letters, digits, dot and dash become a dash.

    The colon of `builtin:tiny` separates like a slash. Dots and dashes at the ends go, so the
    slug is never a path, hidden, or taken for a flag; `fallback` stands in where nothing is left.
    """
    parts = [part for part in re.split(r"[/\\:]", name) if part not in ("", ".")]
    last = unicodedata.normalize("NFC", parts[-1].lower()) if parts else ""
    plain = "".join(char if char.isalnum() or char in ".-" else "-" for char in last)
    short = plain.strip(".-").encode()[:most_bytes].decode(errors="ignore")
    return short.strip(".-") or fallback
