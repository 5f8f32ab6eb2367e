"""Devices as a test describes them."""

from collections.abc import Mapping, Sequence

from llem_contracts import ConfigError, DeviceState, Problem
from llem_schema import DeviceFacts

_UNTOLD = DeviceState(
    free_memory_mib=None, used_memory_mib=None, processes=(), temperature_c=None, power_w=None
)


class ScriptedDevices:
    """A `Devices` of given facts: the host is `cpu`, accelerators are `cuda:0`, `cuda:1` ..."""

    def __init__(
        self,
        facts: Sequence[DeviceFacts],
        states: Mapping[str, DeviceState] | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        """`states` by UUID; a device without one tells nothing of its state."""
        self._facts = {device.uuid: device for device in facts}
        self._states = dict(states or {})
        self._problems = tuple(problems)
        accelerators = [device.uuid for device in facts if device.kind == "accelerator"]
        self._logical = {f"cuda:{index}": uuid for index, uuid in enumerate(accelerators)}
        if "host" in self._facts:
            self._logical["cpu"] = "host"

    def problems(self) -> tuple[Problem, ...]:
        return self._problems

    def visible(self) -> tuple[DeviceFacts, ...]:
        return tuple(self._facts.values())

    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        for name in logical:
            if name not in self._logical:
                known = ", ".join(sorted(self._logical)) or "none"
                raise ConfigError(f"there is no device {name!r}", cure=f"Known: {known}.")
        return tuple(self._logical[name] for name in logical)

    def facts(self, uuid: str) -> DeviceFacts:
        self._must_know(uuid)
        return self._facts[uuid]

    def state(self, uuid: str) -> DeviceState:
        self._must_know(uuid)
        return self._states.get(uuid, _UNTOLD)

    def _must_know(self, uuid: str) -> None:
        if uuid not in self._facts:
            known = ", ".join(self._facts) or "none"
            raise ConfigError(f"there is no device {uuid!r}", cure=f"Known: {known}.")
