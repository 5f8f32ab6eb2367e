"""Ports are found among the installed plugins; all that is missing is told at once."""

import pytest
from llem_contracts import ConfigError, PreFlightError
from llem_harness import ports_for, prompt_source
from llem_schema import DatasetConfig
from llem_testing import ByteTokenizer, example_order


class TestPortsFor:
    def test_the_installed_plugins_serve_an_order(self) -> None:
        ports = ports_for(example_order(energy={"meter": "none"}))
        assert ports.backend_descriptor.name == "pytorch"
        assert [candidate.plugin.name for candidate in ports.meters] == ["none"]
        assert ports.devices.resolve(["cpu"]) == ("host",)

    def test_auto_considers_only_meters_that_allow_it(self) -> None:
        ports = ports_for(example_order())
        names = {candidate.plugin.name for candidate in ports.meters}
        assert names >= {"nvml", "none"}
        assert "acme-wattmeter" not in names

    def test_everything_that_is_missing_is_told_at_once(self) -> None:
        with pytest.raises(PreFlightError) as caught:
            ports_for(example_order(backend="nobody", energy={"meter": "nothing"}))
        assert "'nobody'" in str(caught.value)
        assert "'nothing'" in str(caught.value)


class TestPromptSource:
    def test_a_dataset_that_nobody_knows_is_a_problem_with_a_cure(self) -> None:
        dataset = DatasetConfig(source="prompts.docx")
        source = prompt_source(dataset, example_order())
        (problem,) = source.problems(dataset, 1)
        assert "prompts.docx" in problem.message
        assert "builtin" in problem.cure
        with pytest.raises(ConfigError, match=r"prompts\.docx"):
            source.draw(dataset, 1, 42, ByteTokenizer())
        with pytest.raises(ConfigError, match=r"prompts\.docx"):
            source.fetch(dataset)

    def test_a_file_is_known_by_its_ending(self) -> None:
        source = prompt_source(DatasetConfig(source="MY.JSONL"), example_order())
        assert type(source).__name__ == "FilePrompts"
