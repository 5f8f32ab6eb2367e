"""Device sources as one."""

from collections.abc import Sequence

import pytest
from llem_contracts import ConfigError, DeviceState, Problem
from llem_harness.device_registry import DeviceRegistry
from llem_schema import DeviceFacts, HostFacts

HOST = HostFacts(name="a CPU", logical_cores=4, usable_cores=2, memory_total_mib=1024.0)


class OneHost:
    """A source with the host alone."""

    def problems(self) -> tuple[Problem, ...]:
        return ()

    def visible(self) -> tuple[DeviceFacts, ...]:
        return (HOST,)

    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        return tuple("host" for _ in logical)

    def facts(self, uuid: str) -> DeviceFacts:
        return HOST

    def state(self, uuid: str) -> DeviceState:
        return DeviceState(512.0, 512.0, (), None, None)


class TestDeviceRegistry:
    def test_a_question_goes_to_the_source_of_its_kind(self) -> None:
        registry = DeviceRegistry({"cpu": OneHost()})
        assert registry.resolve(["cpu"]) == ("host",)
        assert registry.facts("host") == HOST
        assert registry.state("host").free_memory_mib == 512.0

    def test_a_kind_that_nobody_knows_is_refused_with_those_known(self) -> None:
        with pytest.raises(ConfigError, match="'tpu:0'") as caught:
            DeviceRegistry({"cpu": OneHost()}).resolve(["tpu:0"])
        assert "cpu" in (caught.value.cure or "")

    def test_an_unknown_uuid_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="GPU-x"):
            DeviceRegistry({"cpu": OneHost()}).facts("GPU-x")

    def test_a_source_of_two_kinds_is_asked_once(self) -> None:
        source = OneHost()
        assert DeviceRegistry({"cpu": source, "host": source}).visible() == (HOST,)
