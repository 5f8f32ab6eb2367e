"""The package as others find it."""

import re

import pytest
from llem_contracts import PROMPTS, PromptsDescriptor, create, find
from llem_prompts import BuiltinPrompts, FilePrompts, HubPrompts, SyntheticPrompts
from llem_prompts.descriptors import BUILTIN, FILES, HUB, SYNTHETIC
from llem_schema import RunSettings


class TestDiscovery:
    @pytest.mark.parametrize(
        ("descriptor", "source"),
        [
            (BUILTIN, BuiltinPrompts),
            (SYNTHETIC, SyntheticPrompts),
            (FILES, FilePrompts),
            (HUB, HubPrompts),
        ],
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
        assert HUB.names == {"ai-energy-score"}

    @pytest.mark.parametrize("name", ["openai/gsm8k", "AIEnergyScore/text_generation", "a/b-c.d"])
    def test_a_hub_dataset_is_known_by_the_form_of_its_id(self, name: str) -> None:
        assert re.fullmatch(HUB.pattern or "", name)

    @pytest.mark.parametrize("name", ["gsm8k", "./a/b", "/a/b", "a/b/c", "a/", "../b", "a b/c"])
    def test_a_path_has_not_the_form_of_an_id(self, name: str) -> None:
        assert re.fullmatch(HUB.pattern or "", name) is None
