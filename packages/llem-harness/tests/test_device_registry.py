"""Device sources as one."""

from collections.abc import Sequence

import pytest
from llem_contracts import ConfigError, DeviceState, Problem
from llem_harness.device_registry import DeviceRegistry
from llem_schema import DeviceFacts, HostFacts
from llem_testing import ScriptedDevices, example_accelerator

BOARD = example_accelerator()
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
        if uuid != HOST.uuid:
            raise ConfigError(f"there is no device {uuid!r}")
        return HOST

    def state(self, uuid: str) -> DeviceState:
        return DeviceState(512.0, 512.0, (), None, None)


class OneBoard(ScriptedDevices):
    """A source with one board, which knows its slice, too."""

    def __init__(self, visible: Sequence[DeviceFacts] = (BOARD,)) -> None:
        super().__init__(visible)

    def facts(self, uuid: str) -> DeviceFacts:
        if uuid not in (BOARD.uuid, "MIG-1"):
            raise ConfigError("unknown")
        return BOARD


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

    def test_facts_of_a_slice_are_those_of_its_board(self) -> None:
        registry = DeviceRegistry({"cpu": OneHost(), "cuda": OneBoard()})
        assert registry.facts("MIG-1").uuid == BOARD.uuid

    def test_a_board_that_is_hidden_is_unknown(self) -> None:
        hidden = OneBoard(visible=())
        with pytest.raises(ConfigError, match="MIG-1"):
            DeviceRegistry({"cuda": hidden}).facts("MIG-1")

    def test_a_source_of_two_kinds_is_asked_once(self) -> None:
        source = OneHost()
        assert DeviceRegistry({"cpu": source, "host": source}).visible() == (HOST,)
