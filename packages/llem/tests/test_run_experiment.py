"""`llem.run_experiment`, as a caller in Python uses it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import llem
import pytest
from llem_schema import PyTorchConfig
from pydantic import ValidationError

SHORT: dict[str, Any] = {
    "model": "builtin:tiny",
    "n": 2,
    "max_output_tokens": 3,
    "min_window_s": 0.0,
    "warmup": {"n_warmup": 0, "thermal": "off"},
}


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own configuration, and a place to see what is written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLEM_CONFIG", "none")


class TestRunExperiment:
    def test_fields_alone_give_a_result_and_write_nothing(self, tmp_path: Path) -> None:
        result = llem.run_experiment(**SHORT)
        assert isinstance(result, llem.ExperimentResult)
        assert result.output_tokens == 6
        assert list(tmp_path.iterdir()) == []

    def test_a_named_folder_gets_the_result(self, tmp_path: Path) -> None:
        result = llem.run_experiment(**SHORT, output_dir=tmp_path / "out")
        (folder,) = (tmp_path / "out").iterdir()
        assert llem.load_result(folder).result == result

    def test_fields_win_over_a_config_and_over_a_file(self, tmp_path: Path) -> None:
        config = llem.ExperimentConfig.model_validate(SHORT)
        assert llem.run_experiment(config, n=1).config == config.model_copy(update={"n": 1})
        (tmp_path / "e.yaml").write_text("model: builtin:tiny\nn: 50\n")
        overrides = {key: value for key, value in SHORT.items() if key != "model"}
        assert llem.run_experiment("e.yaml", **overrides).config.n == 2

    def test_sections_may_be_models_or_mappings(self) -> None:
        as_model = llem.run_experiment(**SHORT, pytorch=PyTorchConfig(batch_size=2))
        as_mapping = llem.run_experiment(**SHORT, pytorch={"batch_size": 2})
        assert as_model.measurement_config_hash == as_mapping.measurement_config_hash
        assert as_model.effective_config["batch_size"] == 2

    def test_a_listener_hears_of_the_phases(self) -> None:
        events: list[llem.Event] = []
        llem.run_experiment(**SHORT, listener=events.append)
        assert {e.phase for e in events if isinstance(e, llem.PhaseFinished)} >= {
            "pre-flight",
            "load",
            "measure",
        }

    def test_errors_are_typed(self) -> None:
        with pytest.raises(ValidationError):
            llem.run_experiment()
        with pytest.raises(llem.ConfigError):
            llem.run_experiment(model="m", backend="nobody")
        with pytest.raises(llem.PreFlightError):
            llem.run_experiment(**{**SHORT, "dataset": "none.txt"})


class TestImport:
    def test_it_brings_nothing_heavy(self) -> None:
        code = (
            "import sys, llem; "
            "print({'torch', 'transformers', 'pyarrow', 'pydantic', 'yaml'} & set(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "set()"

    def test_every_public_name_is_there(self) -> None:
        for name in llem.__all__:
            assert getattr(llem, name) is not None
        assert set(llem.__all__) <= set(dir(llem))
