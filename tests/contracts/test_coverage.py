"""Every installed plugin has a suite: a class of this folder whose `plugin` names it."""

import importlib.util
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import (
    BACKENDS,
    DEVICES,
    EXECUTORS,
    FLOPS,
    METERS,
    PROMPTS,
    STORES,
    Boundary,
    installed,
)
from llem_testing.suites import (
    BackendSuite,
    ContractSuite,
    DevicesSuite,
    ExecutorSuite,
    FlopsSuite,
    MeterSuite,
    PromptsSuite,
    SenselessMeterSuite,
    StoreSuite,
)

SUITES: dict[Boundary[Any], tuple[type[ContractSuite], ...]] = {
    BACKENDS: (BackendSuite,),
    DEVICES: (DevicesSuite,),
    EXECUTORS: (ExecutorSuite,),
    FLOPS: (FlopsSuite,),
    METERS: (MeterSuite, SenselessMeterSuite),
    PROMPTS: (PromptsSuite,),
    STORES: (StoreSuite,),
}
"""By boundary, the suites of which every plugin needs one."""

HERE = Path(__file__).parent

Name = tuple[str, str]
"""Entry-point group and name of a plugin."""


def suites_of(module: Any) -> Iterator[tuple[Name, type[ContractSuite]]]:
    """The suites of a test module that pytest runs, by the plugin that they are about."""
    for name, value in vars(module).items():
        runs = name.startswith("Test") and isinstance(value, type)
        if runs and issubclass(value, ContractSuite) and hasattr(value, "plugin"):
            yield value.plugin, value


def modules_with_suites() -> Iterator[Any]:
    for path in sorted(HERE.glob("test_*.py")):
        if path.name == Path(__file__).name:
            continue
        spec = importlib.util.spec_from_file_location(f"suites_of_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        spec.loader.exec_module(module)
        yield module


def without_suite(plugins: set[Name], suites: list[tuple[Name, type[ContractSuite]]]) -> set[Name]:
    """Plugins that no suite of their own boundary names."""
    wanted = {boundary.group: of_boundary for boundary, of_boundary in SUITES.items()}
    covered = {name for name, suite in suites if issubclass(suite, wanted.get(name[0], ()))}
    return plugins - covered


@pytest.fixture(scope="module")
def suites() -> list[tuple[Name, type[ContractSuite]]]:
    return [found for module in modules_with_suites() for found in suites_of(module)]


@pytest.fixture(scope="module")
def plugins() -> set[Name]:
    return {(boundary.group, p.name) for boundary in SUITES for p in installed(boundary)}


class TestEveryPlugin:
    def test_has_a_suite_of_its_boundary(self, plugins: set[Name], suites: Any) -> None:
        assert without_suite(plugins, suites) == set()

    def test_that_a_suite_names_is_installed(self, suites: Any) -> None:
        for (group, name), suite in suites:
            assert entry_points(group=group, name=name), f"{suite} names {name}: no such plugin"


class TestPluginWithoutSuite:
    NEWCOMER = ("llem.meters", "newcomer")

    def test_is_told(self, plugins: set[Name], suites: Any) -> None:
        assert without_suite(plugins | {self.NEWCOMER}, suites) == {self.NEWCOMER}

    def test_is_told_at_a_boundary_that_nobody_has_filled_yet(self, suites: Any) -> None:
        newcomer = ("llem.executors", "newcomer")
        assert without_suite({newcomer}, suites) == {newcomer}

    def test_is_told_where_its_suite_is_that_of_another_boundary(self) -> None:
        assert without_suite({self.NEWCOMER}, [(self.NEWCOMER, DevicesSuite)]) == {self.NEWCOMER}

    def test_is_told_where_its_class_is_not_run(self) -> None:
        class Module:
            NotCollected = type("NotCollected", (MeterSuite,), {"plugin": self.NEWCOMER})
            TestOther = type("TestOther", (), {"plugin": self.NEWCOMER})

        assert list(suites_of(Module)) == []
