"""Ports are found among the installed plugins; all that is missing is told at once."""

from pathlib import Path

import pytest
from llem_contracts import ConfigError, PreFlightError
from llem_harness import machine_ports, ports_for, prompt_source
from llem_schema import DatasetConfig, RunSettings
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

    def test_with_what_is_wrong_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        order = example_order(tmp_path / "file", backend="nobody", dataset="prompts.docx")
        with pytest.raises(PreFlightError) as caught:
            ports_for(order)
        codes = [problem.code for problem in caught.value.problems]
        assert codes == ["plugin_unusable", "dataset_unknown", "results_dir_not_a_folder"]


class TestMachinePorts:
    def test_need_no_order(self) -> None:
        ports = machine_ports(RunSettings(), "auto")
        assert ports.devices.resolve(["cpu"]) == ("host",)
        assert {candidate.plugin.name for candidate in ports.meters} >= {"nvml", "none"}

    def test_a_meter_that_is_not_there_is_told(self) -> None:
        with pytest.raises(PreFlightError, match="'nothing'"):
            machine_ports(RunSettings(), "nothing")


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

    @pytest.mark.parametrize("name", ["biultin", "Synthetic"])
    def test_a_misspelt_name_is_told_the_nearest(self, name: str) -> None:
        dataset = DatasetConfig(source=name)
        (problem,) = prompt_source(dataset, example_order()).problems(dataset, 1)
        assert f"Did you mean {'builtin' if 'b' in name else 'synthetic'}?" in problem.cure

    def test_a_dataset_of_no_known_form_has_no_length(self) -> None:
        dataset = DatasetConfig(source="prompts.docx", input_tokens=8)
        assert prompt_source(dataset, example_order()).input_tokens(dataset) is None

    def test_a_hub_dataset_is_known_by_the_form_of_its_id(self) -> None:
        source = prompt_source(DatasetConfig(source="openai/gsm8k"), example_order())
        assert type(source).__name__ == "HubPrompts"

    def test_an_ending_goes_before_the_form_of_an_id(self) -> None:
        source = prompt_source(DatasetConfig(source="folder/prompts.csv"), example_order())
        assert type(source).__name__ == "FilePrompts"

    def test_a_file_is_known_by_its_ending(self) -> None:
        source = prompt_source(DatasetConfig(source="MY.JSONL"), example_order())
        assert type(source).__name__ == "FilePrompts"
