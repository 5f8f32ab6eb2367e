"""The package as others find it."""

import pytest
from llem_contracts import PROMPTS, PromptsDescriptor, create, find
from llem_prompts import BuiltinPrompts, FilePrompts, SyntheticPrompts
from llem_prompts.descriptors import BUILTIN, FILES, SYNTHETIC
from llem_schema import RunSettings


class TestDiscovery:
    @pytest.mark.parametrize(
        ("descriptor", "source"),
        [(BUILTIN, BuiltinPrompts), (SYNTHETIC, SyntheticPrompts), (FILES, FilePrompts)],
        ids=lambda value: getattr(value, "name", None),
    )
    def test_each_source_is_found_and_made(
        self, descriptor: PromptsDescriptor, source: type
    ) -> None:
        plugin = find(PROMPTS, descriptor.name)
        assert plugin.descriptor is descriptor
        assert isinstance(create(descriptor, RunSettings()), source)

    def test_names_and_endings_say_what_each_answers_to(self) -> None:
        assert (BUILTIN.names, BUILTIN.suffixes) == ({"builtin"}, frozenset())
        assert (SYNTHETIC.names, SYNTHETIC.suffixes) == ({"synthetic"}, frozenset())
        assert FILES.names == frozenset()
        assert FILES.suffixes == {".jsonl", ".csv", ".parquet", ".txt"}
