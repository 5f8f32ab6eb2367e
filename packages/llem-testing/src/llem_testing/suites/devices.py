"""The contract of a source of devices.

class TestMyDevices(DevicesSuite):
    descriptor = MY_DEVICES
    logical = ("npu:0", "npu:1")
    uuids = ("NPU-a", "NPU-b")
    missing = ("npu:2",)

    def make_devices(self) -> Devices:
        return MyDevices(...)
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import pytest
from llem_contracts import ConfigError, Devices, DevicesDescriptor, DeviceState

from llem_testing.suites.base import ContractSuite

_UNKNOWN = "XPU-ffffffff-ffff-ffff-ffff-ffffffffffff"


class DevicesSuite(ContractSuite, ABC):
    """Each test is one promise of `Devices`."""

    descriptor: ClassVar[DevicesDescriptor]
    logical: ClassVar[tuple[str, ...]]
    """Names of all visible devices, in the engine's order."""
    uuids: ClassVar[tuple[str, ...]]
    """The oracle: who they are."""
    missing: ClassVar[tuple[str, ...]]
    """Names that could exist, on another machine."""

    @abstractmethod
    def make_devices(self) -> Devices:
        """Sees the devices that `logical` names."""

    def states(self) -> Mapping[str, DeviceState]:
        """The oracle: how they are, for devices of which that is known."""
        return {}

    def make_blind(self) -> Devices:
        """The same where the driver is missing."""
        pytest.skip("this source needs no driver")

    def test_devices_that_can_be_seen_are_no_problem(self) -> None:
        assert [p for p in self.make_devices().problems() if p.blocking] == []

    def test_visible_devices_come_in_the_order_of_the_engine(self) -> None:
        visible = self.make_devices().visible()
        assert tuple(facts.uuid for facts in visible) == tuple(dict.fromkeys(self.uuids))

    def test_logical_names_resolve_in_the_order_given(self) -> None:
        devices = self.make_devices()
        assert devices.resolve(self.logical) == self.uuids
        assert devices.resolve(self.logical[::-1]) == self.uuids[::-1]
        assert devices.resolve(()) == ()

    def test_a_name_without_a_device_is_refused_with_a_cure(self) -> None:
        devices = self.make_devices()
        for name in self.missing:
            with pytest.raises(ConfigError) as caught:
                devices.resolve([*self.logical, name])
            assert caught.value.cure

    def test_only_declared_kinds_have_names(self) -> None:
        assert {name.partition(":")[0] for name in self.logical} <= self.descriptor.logical_kinds
        for kind in {"cpu", "cuda", "nonsense"} - self.descriptor.logical_kinds:
            with pytest.raises(ConfigError):
                self.make_devices().resolve([f"{kind}:0"])

    def test_facts_of_a_device_are_those_of_the_list(self) -> None:
        devices = self.make_devices()
        for facts in devices.visible():
            assert devices.facts(facts.uuid) == facts

    def test_a_fact_that_is_not_known_has_a_reason(self) -> None:
        for facts in self.make_devices().visible():
            unknown = {name for name in type(facts).model_fields if getattr(facts, name) is None}
            assert set(facts.unavailable) == unknown
            assert all(facts.unavailable.values())

    def test_facts_of_an_unknown_device_are_refused(self) -> None:
        with pytest.raises(ConfigError):
            self.make_devices().facts(_UNKNOWN)

    def test_the_state_is_that_of_the_device(self) -> None:
        devices, known = self.make_devices(), self.states()
        for uuid in self.uuids:
            state = devices.state(uuid)
            assert state == known.get(uuid, state)
            for memory_mib in (state.free_memory_mib, state.used_memory_mib):
                assert memory_mib is None or memory_mib >= 0

    def test_the_state_of_an_unknown_device_is_refused(self) -> None:
        with pytest.raises(ConfigError):
            self.make_devices().state(_UNKNOWN)

    def test_without_a_driver_nothing_is_visible_and_a_problem_says_why(self) -> None:
        blind = self.make_blind()
        assert blind.visible() == ()
        problems = blind.problems()
        assert problems
        assert all(problem.code and problem.message and problem.cure for problem in problems)

    def test_without_a_driver_names_are_refused_with_a_cure(self) -> None:
        with pytest.raises(ConfigError) as caught:
            self.make_blind().resolve(self.logical[:1])
        assert caught.value.cure
