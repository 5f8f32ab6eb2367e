"""Plugins are found without being loaded; a broken one is told of and hides nobody (CM-04)."""

import sys
from typing import Any

import pytest
from llem_contracts import (
    FLOPS,
    METERS,
    ConfigError,
    Descriptor,
    LlemError,
    MissingDependency,
    PluginError,
    create,
    find,
    import_object,
    installed,
    missing_modules,
)
from llem_schema import RunSettings

DESCRIPTOR = """
from llem_contracts import Descriptor
IT = Descriptor(name={name!r}, summary="a counter", factory={factory!r}, contract_version={version})
"""


def descriptor_source(name: str, factory: str = "nowhere:nothing", version: int = 1) -> str:
    return DESCRIPTOR.format(name=name, factory=factory, version=version)


class TestListing:
    def test_sound_plugin_comes_with_its_descriptor_and_distribution(self, shelf: Any) -> None:
        module = shelf.module("sound", descriptor_source("abacus"))
        shelf.distribution("acme-flops", "llem.flops", {"abacus": f"{module}:IT"})
        (plugin,) = installed(FLOPS, shelf)
        assert (plugin.name, plugin.distribution, plugin.version) == ("abacus", "acme-flops", "1.2")
        assert plugin.descriptor is not None
        assert plugin.problem is None

    def test_factory_is_not_imported(self, shelf: Any) -> None:
        factory = shelf.module("factory", "def build(settings): return settings")
        module = shelf.module("light", descriptor_source("abacus", f"{factory}:build"))
        shelf.distribution("acme-flops", "llem.flops", {"abacus": f"{module}:IT"})
        assert installed(FLOPS, shelf)[0].descriptor is not None
        assert factory not in sys.modules

    def test_required_module_is_looked_for_and_not_imported(self, shelf: Any) -> None:
        heavy = shelf.module("heavy", "raise RuntimeError('imported')")
        descriptor = Descriptor(name="a", summary="", factory="x:y", requires=(heavy,))
        assert missing_modules(descriptor) == ()
        assert heavy not in sys.modules

    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ("raise OSError('libfoo.so is missing')", "OSError: libfoo.so is missing"),
            ("import no_such_library_anywhere", "ModuleNotFoundError"),
            ("syntax error", "SyntaxError"),
            ("", "AttributeError"),
            ("IT = object()", "is no Descriptor"),
            (descriptor_source("another"), "calls itself 'another'"),
            (descriptor_source("abacus", version=2), "version 2 of the contract"),
        ],
    )
    def test_broken_plugin_is_listed_with_its_problem(
        self, shelf: Any, source: str, problem: str
    ) -> None:
        broken = shelf.module("broken", source)
        sound = shelf.module("sound", descriptor_source("sound"))
        shelf.distribution(
            "acme-flops", "llem.flops", {"abacus": f"{broken}:IT", "sound": f"{sound}:IT"}
        )
        abacus, other = installed(FLOPS, shelf)
        assert abacus.descriptor is None
        assert abacus.problem is not None
        assert problem in abacus.problem
        assert abacus.missing == ()
        assert other.problem is None

    def test_descriptor_of_another_boundary_is_a_problem(self, shelf: Any) -> None:
        module = shelf.module("flops", descriptor_source("abacus"))
        shelf.distribution("acme", "llem.meters", {"abacus": f"{module}:IT"})
        assert "is no MeterDescriptor" in str(installed(METERS, shelf)[0].problem)

    def test_plugins_come_in_the_order_of_their_names(self, shelf: Any) -> None:
        for name in ("c", "a", "b"):
            module = shelf.module(name, descriptor_source(name))
            shelf.distribution(f"dist-{name}", "llem.flops", {name: f"{module}:IT"})
        assert [plugin.name for plugin in installed(FLOPS, shelf)] == ["a", "b", "c"]

    def test_other_groups_are_left_alone(self, shelf: Any) -> None:
        module = shelf.module("sound", descriptor_source("abacus"))
        shelf.distribution("acme-flops", "llem.flops", {"abacus": f"{module}:IT"})
        assert installed(METERS, shelf) == ()


class TestTwoOfOneName:
    def test_first_distribution_of_the_alphabet_keeps_the_name(self, shelf: Any) -> None:
        module = shelf.module("both", descriptor_source("abacus"))
        shelf.distribution("zeta", "llem.flops", {"abacus": f"{module}:IT"})
        shelf.distribution("alpha", "llem.flops", {"abacus": f"{module}:IT"})
        first, second = installed(FLOPS, shelf)
        assert (first.distribution, first.problem) == ("alpha", None)
        assert second.problem == "the name is taken by alpha"
        assert find(FLOPS, "abacus", shelf).distribution == "alpha"

    def test_broken_one_does_not_keep_the_name_from_a_sound_one(self, shelf: Any) -> None:
        broken = shelf.module("broken", "raise RuntimeError('no')")
        sound = shelf.module("sound", descriptor_source("abacus"))
        shelf.distribution("alpha", "llem.flops", {"abacus": f"{broken}:IT"})
        shelf.distribution("zeta", "llem.flops", {"abacus": f"{sound}:IT"})
        assert find(FLOPS, "abacus", shelf).distribution == "zeta"
        assert [plugin.problem for plugin in installed(FLOPS, shelf)] == ["RuntimeError: no", None]


class TestFind:
    def test_unknown_name_is_answered_with_the_nearest(self, shelf: Any) -> None:
        module = shelf.module("sound", descriptor_source("abacus"))
        shelf.distribution("acme", "llem.flops", {"abacus": f"{module}:IT"})
        with pytest.raises(ConfigError, match="there is no FLOPs counter 'abacsu'") as caught:
            find(FLOPS, "abacsu", shelf)
        assert caught.value.cure == "Did you mean 'abacus'?"

    def test_name_near_to_none_is_answered_with_the_list(self, shelf: Any) -> None:
        module = shelf.module("sound", descriptor_source("abacus"))
        shelf.distribution("acme", "llem.flops", {"abacus": f"{module}:IT"})
        with pytest.raises(ConfigError) as caught:
            find(FLOPS, "zzz", shelf)
        assert caught.value.cure == "Installed: abacus."

    def test_empty_environment_says_none(self, shelf: Any) -> None:
        with pytest.raises(ConfigError) as caught:
            find(FLOPS, "palm", shelf)
        assert caught.value.cure == "Installed: none."

    def test_broken_plugin_is_refused_with_its_problem_and_a_cure(self, shelf: Any) -> None:
        module = shelf.module("broken", "raise RuntimeError('no')")
        shelf.distribution("acme", "llem.flops", {"abacus": f"{module}:IT"})
        with pytest.raises(PluginError, match="'abacus' of acme is broken: RuntimeError: no") as e:
            find(FLOPS, "abacus", shelf)
        assert e.value.cure == "Reinstall or update acme."


class TestMissingModules:
    @pytest.mark.parametrize("module", ["no_such_module", "no_such_package.part", "json.nowhere"])
    def test_absent_one_is_named(self, module: str) -> None:
        descriptor = Descriptor(name="a", summary="", factory="x:y", requires=("json", module))
        assert missing_modules(descriptor) == (module,)


class TestCreate:
    def make(self, factory: str, *requires: str) -> Any:
        descriptor = Descriptor(
            name="abacus",
            summary="",
            factory=factory,
            requires=requires,
            install_hint="pip install beads",
        )
        return create(descriptor, RunSettings(results_dir="here"))

    def test_hands_the_settings_to_the_factory(self, shelf: Any) -> None:
        module = shelf.module("factory", "def build(settings): return settings.results_dir")
        assert self.make(f"{module}:build") == "here"

    def test_missing_library_names_itself_and_its_cure(self) -> None:
        with pytest.raises(MissingDependency, match="abacus needs the package no_such_lib") as e:
            self.make("nowhere:nothing", "no_such_lib")
        assert e.value.package == "no_such_lib"
        assert e.value.cure == e.value.install_hint == "pip install beads"

    @pytest.mark.parametrize(
        "source", ["", "import no_such_library_anywhere", "raise OSError('wrong libc')"]
    )
    def test_factory_that_cannot_be_imported_is_a_plugin_error(
        self, shelf: Any, source: str
    ) -> None:
        module = shelf.module("factory", source)
        with pytest.raises(PluginError, match=r"abacus names .* cannot be imported"):
            self.make(f"{module}:build")

    def test_factory_that_fails_is_a_plugin_error(self, shelf: Any) -> None:
        module = shelf.module("factory", "def build(settings): raise RuntimeError('no driver')")
        with pytest.raises(PluginError, match="cannot be set up: RuntimeError: no driver"):
            self.make(f"{module}:build")

    def test_error_of_the_factorys_own_passes_through(self, shelf: Any) -> None:
        module = shelf.module(
            "factory",
            "from llem_contracts import BackendError\n"
            "def build(settings): raise BackendError('no', cure='yes')",
        )
        with pytest.raises(LlemError) as caught:
            self.make(f"{module}:build")
        assert (type(caught.value).__name__, caught.value.cure) == ("BackendError", "yes")


class TestImportObject:
    def test_gives_the_object_of_a_module(self) -> None:
        assert import_object("llem_contracts.errors:LlemError", needed_by="a test") is LlemError

    @pytest.mark.parametrize("reference", ["json", "json:no_such_name", "no_such_module:name"])
    def test_says_who_named_what_is_not_there(self, reference: str) -> None:
        with pytest.raises(PluginError, match=f"a test names {reference}"):
            import_object(reference, needed_by="a test")
