"""All device sources as one."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from llem_contracts import ConfigError, Devices, DeviceState, Problem
from llem_schema import DeviceFacts


class DeviceRegistry:
    """Sends each question to the source that knows the kind of device; itself a `Devices`."""

    def __init__(self, sources: Mapping[str, Devices]) -> None:
        """`sources` by the part of a logical name before the colon, such as `cuda` or `cpu`."""
        self._sources = dict(sources)

    def problems(self) -> tuple[Problem, ...]:
        return tuple(problem for source in self._distinct() for problem in source.problems())

    def visible(self) -> tuple[DeviceFacts, ...]:
        return tuple(facts for source in self._distinct() for facts in source.visible())

    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._source_of(name).resolve([name])[0] for name in logical)

    def facts(self, uuid: str) -> DeviceFacts:
        for source in self._distinct():
            visible = {facts.uuid for facts in source.visible()}
            with suppress(ConfigError):  # of another kind of device
                facts = source.facts(uuid)
                if facts.uuid in visible:
                    return facts
        raise _unknown(uuid)

    def state(self, uuid: str) -> DeviceState:
        return self._owner(uuid).state(uuid)

    def _distinct(self) -> list[Devices]:
        return list({id(source): source for source in self._sources.values()}.values())

    def _source_of(self, logical: str) -> Devices:
        kind = logical.partition(":")[0]
        if kind not in self._sources:
            raise ConfigError(
                f"no installed device source knows {logical!r}",
                cure=f"Known kinds: {', '.join(sorted(self._sources)) or 'none'}.",
            )
        return self._sources[kind]

    def _owner(self, uuid: str) -> Devices:
        for source in self._distinct():
            if any(facts.uuid == uuid for facts in source.visible()):
                return source
        raise _unknown(uuid)


def _unknown(uuid: str) -> ConfigError:
    return ConfigError(f"there is no device {uuid!r}", cure="`llem config` lists the devices.")
