"""Idle powers that were measured before, for runs on the same devices soon after (CM-20).

A file for each set of devices, under the cache folder of the work order. What cannot be read or
written is measured again; the log alone tells of it.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from llem_schema import AcceleratorFacts, BaselineRecord, DeviceFacts
from pydantic import ValidationError

from llem_harness.log import logger

DEFAULT_TTL_S = 3600.0


class BaselineCache:
    """The idle power of one set of devices."""

    def __init__(self, folder: str | None, meter: str, devices: Sequence[DeviceFacts]) -> None:
        """`folder`: None keeps nothing. `meter`: name of what reads the power."""
        self._path = None if folder is None else Path(folder, "baselines", _name(meter, devices))

    def find(self, now: datetime, ttl_s: float | None) -> BaselineRecord | None:
        """What was measured at most `ttl_s` ago, an hour where that is None."""
        if self._path is None:
            return None
        try:
            record = BaselineRecord.model_validate_json(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            logger(__name__).info("idle power unreadable", file=str(self._path), error=str(error))
            return None
        age = now - record.measured_at
        longest = timedelta(seconds=DEFAULT_TTL_S if ttl_s is None else ttl_s)
        if not timedelta(0) <= age < longest:
            logger(__name__).debug(
                "idle power too old", file=str(self._path), age_s=age.total_seconds()
            )
            return None
        return record.model_copy(update={"source": "cache"})

    def keep(self, record: BaselineRecord) -> None:
        """Write it, whole or not at all."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(record.model_dump_json(indent=1))
                Path(name).replace(self._path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            logger(__name__).info("idle power not kept", file=str(self._path), error=str(error))

    def drop(self) -> None:
        """Forget it."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)


def _name(meter: str, devices: Sequence[DeviceFacts]) -> str:
    """A hash of the meter and, for each device, UUID, driver and power limit."""
    identity = sorted(
        [facts.uuid, facts.driver_version, facts.power_limit_w]
        if isinstance(facts, AcceleratorFacts)
        else [facts.uuid, facts.name, None]
        for facts in devices
    )
    digest = hashlib.sha256(json.dumps([meter, identity]).encode()).hexdigest()
    return f"{digest[:16]}.json"
