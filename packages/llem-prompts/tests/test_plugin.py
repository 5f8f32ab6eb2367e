"""The package as others find it."""

import pytest
from llem_contracts import PROMPTS, create, find
from llem_prompts import BuiltinPrompts, FilePrompts
from llem_prompts.descriptors import BUILTIN, FILES
from llem_schema import RunSettings


class TestDiscovery:
    @pytest.mark.parametrize(
        ("descriptor", "source"), [(BUILTIN, BuiltinPrompts), (FILES, FilePrompts)]
    )
    def test_each_source_is_found_and_made(self, descriptor: object, source: type) -> None:
        plugin = find(PROMPTS, descriptor.name)  # type: ignore[attr-defined]
        assert plugin.descriptor is descriptor
        assert isinstance(create(plugin.descriptor, RunSettings()), source)

    def test_names_and_endings_say_what_each_answers_to(self) -> None:
        assert (BUILTIN.names, BUILTIN.suffixes) == ({"builtin"}, frozenset())
        assert (FILES.names, FILES.suffixes) == (frozenset(), {".jsonl", ".txt"})
