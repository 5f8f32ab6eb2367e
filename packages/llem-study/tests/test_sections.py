"""Keys of sections that the schema does not have itself."""

from llem_contracts import BackendDescriptor
from llem_study import plugin_keys


def backend(name: str, section_model: str) -> BackendDescriptor:
    return BackendDescriptor(
        name=name,
        summary="a backend",
        factory="nowhere:none",
        precisions=frozenset({"fp32"}),
        decoding_strategies=frozenset({"greedy"}),
        output_lengths=frozenset({"fixed"}),
        section_model=section_model,
    )


class TestPluginKeys:
    def test_are_those_of_the_installed_backends(self) -> None:
        assert {"acme-echo", "acme-echo.batch_size", "acme-echo.step_ms"} <= set(plugin_keys())

    def test_of_a_section_that_cannot_be_imported_are_its_name(self) -> None:
        broken = backend("broken", "no_such_module:Section")
        sound = backend("sound", "llem_schema:BaselineConfig")
        assert plugin_keys({"broken": broken, "sound": sound}) == (
            "broken", "sound", "sound.enabled", "sound.duration_seconds", "sound.cache_ttl_seconds",
        )  # fmt: skip
