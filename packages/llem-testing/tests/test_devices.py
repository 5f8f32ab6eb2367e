import pytest
from llem_contracts import ConfigError, Devices, DeviceState, Problem
from llem_testing import ScriptedDevices, example_accelerator, example_host

FIRST, SECOND = example_accelerator(0), example_accelerator(1)
STATE = DeviceState(
    free_memory_mib=10.0, used_memory_mib=5.0, processes=(), temperature_c=40.0, power_w=50.0
)


class TestScriptedDevices:
    def devices(self) -> Devices:
        return ScriptedDevices([example_host(), FIRST, SECOND], {SECOND.uuid: STATE})

    def test_logical_names_follow_the_order_given(self) -> None:
        uuids = self.devices().resolve(["cuda:1", "cpu", "cuda:0"])
        assert uuids == (SECOND.uuid, "host", FIRST.uuid)

    def test_facts_and_state_are_those_given(self) -> None:
        devices = self.devices()
        assert devices.visible() == (example_host(), FIRST, SECOND)
        assert devices.facts(FIRST.uuid) == FIRST
        assert devices.state(SECOND.uuid) == STATE
        assert devices.state("host").free_memory_mib is None

    def test_an_unknown_device_is_refused_with_the_known_ones(self) -> None:
        devices = self.devices()
        with pytest.raises(ConfigError) as caught:
            devices.resolve(["cuda:2"])
        assert "cuda:1" in (caught.value.cure or "")
        for ask in (devices.facts, devices.state):
            with pytest.raises(ConfigError, match="no device"):
                ask("GPU-x")

    def test_problems_are_those_given(self) -> None:
        problem = Problem(code="no_driver", message="there is no driver", cure="Install it.")
        assert ScriptedDevices([], problems=[problem]).problems() == (problem,)
