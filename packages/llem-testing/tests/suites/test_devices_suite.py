"""Each of these sources of devices breaks one promise, and the test that is meant for it tells."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import ConfigError, Devices, DevicesDescriptor, DeviceState, Problem
from llem_schema import DeviceFacts
from llem_testing import ScriptedDevices, example_accelerator, example_host
from llem_testing.suites import DevicesSuite

from .verdict import failing_tests

FIRST, SECOND = example_accelerator(0), example_accelerator(1)
FACTS = (example_host(), FIRST, SECOND)
STATE = DeviceState(
    free_memory_mib=10.0, used_memory_mib=5.0, processes=(), temperature_c=40.0, power_w=50.0
)
NO_DRIVER = Problem(code="no_driver", message="there is no driver", cure="Install it.")


class FindsFaultWithAll(ScriptedDevices):
    def problems(self) -> tuple[Problem, ...]:
        return super().problems() or (NO_DRIVER,)


class ListsInAnotherOrder(ScriptedDevices):
    def visible(self) -> tuple[DeviceFacts, ...]:
        return super().visible()[::-1]


class ResolvesInItsOwnOrder(ScriptedDevices):
    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        return tuple(sorted(super().resolve(logical), key=[f.uuid for f in FACTS].index))


class TakesTheNearest(ScriptedDevices):
    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        if FIRST.uuid not in [facts.uuid for facts in self.visible()]:
            return super().resolve(logical)
        return super().resolve(["cuda:1" if name == "cuda:2" else name for name in logical])


class ResolvesForeignKinds(ScriptedDevices):
    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        return super().resolve(["cpu" if name == "nonsense:0" else name for name in logical])


class TellsOtherFacts(ScriptedDevices):
    def facts(self, uuid: str) -> DeviceFacts:
        return super().facts(uuid).model_copy(update={"name": "Another"})


class HidesFactsWithoutAReason(ScriptedDevices):
    def visible(self) -> tuple[DeviceFacts, ...]:
        return tuple(f.model_copy(update={"memory_total_mib": None}) for f in super().visible())

    def facts(self, uuid: str) -> DeviceFacts:
        return super().facts(uuid).model_copy(update={"memory_total_mib": None})


class KnowsFactsOfAll(ScriptedDevices):
    def facts(self, uuid: str) -> DeviceFacts:
        try:
            return super().facts(uuid)
        except ConfigError:
            return FIRST


class TellsTheStateOfAnother(ScriptedDevices):
    def state(self, uuid: str) -> DeviceState:
        return super().state(FIRST.uuid if uuid == SECOND.uuid else uuid)


class KnowsTheStateOfAll(ScriptedDevices):
    def state(self, uuid: str) -> DeviceState:
        try:
            return super().state(uuid)
        except ConfigError:
            return STATE


class IsSilentWithoutADriver(ScriptedDevices):
    def problems(self) -> tuple[Problem, ...]:
        return ()


class GuessesWithoutADriver(ScriptedDevices):
    def resolve(self, logical: Sequence[str]) -> tuple[str, ...]:
        return super().resolve(logical) if self.visible() else tuple(logical)


def suite_of(source: type[ScriptedDevices]) -> type[Any]:
    class Suite(DevicesSuite):
        descriptor = DevicesDescriptor(
            name="scripted",
            summary="devices from a script",
            factory="llem_testing.devices:ScriptedDevices",
            logical_kinds=frozenset({"cpu", "cuda"}),
        )
        logical = ("cpu", "cuda:0", "cuda:1")
        uuids = ("host", FIRST.uuid, SECOND.uuid)
        missing = ("cuda:2",)

        def states(self) -> dict[str, DeviceState]:
            return {SECOND.uuid: STATE}

        def make_devices(self) -> Devices:
            return source(FACTS, self.states())

        def make_blind(self) -> Devices:
            return source([], problems=[NO_DRIVER])

    return Suite


DOUBLES = [
    (FindsFaultWithAll, "devices_that_can_be_seen_are_no_problem"),
    (ListsInAnotherOrder, "visible_devices_come_in_the_order_of_the_engine"),
    (ResolvesInItsOwnOrder, "logical_names_resolve_in_the_order_given"),
    (TakesTheNearest, "a_name_without_a_device_is_refused_with_a_cure"),
    (ResolvesForeignKinds, "only_declared_kinds_have_names"),
    (TellsOtherFacts, "facts_of_a_device_are_those_of_the_list"),
    (HidesFactsWithoutAReason, "a_fact_that_is_not_known_has_a_reason"),
    (KnowsFactsOfAll, "facts_of_an_unknown_device_are_refused"),
    (TellsTheStateOfAnother, "the_state_is_that_of_the_device"),
    (KnowsTheStateOfAll, "the_state_of_an_unknown_device_is_refused"),
    (IsSilentWithoutADriver, "without_a_driver_nothing_is_visible_and_a_problem_says_why"),
    (GuessesWithoutADriver, "without_a_driver_names_are_refused_with_a_cure"),
]


class TestBrokenDevices:
    @pytest.mark.parametrize(
        ("double", "test"), DOUBLES, ids=[double.__name__ for double, _ in DOUBLES]
    )
    def test_fails_the_test_that_is_meant_for_it(
        self, double: type[ScriptedDevices], test: str, tmp_path: Path
    ) -> None:
        assert failing_tests(suite_of(double), tmp_path) == {f"test_{test}"}

    def test_there_is_one_for_every_promise(self) -> None:
        promises = {name for name in dir(DevicesSuite) if name.startswith("test_")}
        assert promises == {f"test_{test}" for _, test in DOUBLES}


class TestSoundDevices:
    def test_fail_nothing(self, tmp_path: Path) -> None:
        assert failing_tests(suite_of(ScriptedDevices), tmp_path) == set()
