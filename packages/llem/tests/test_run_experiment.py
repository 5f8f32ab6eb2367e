"""`llem.run_experiment`, as a caller in Python uses it."""

import inspect
import subprocess
import sys
from pathlib import Path
from traceback import walk_stack
from types import UnionType
from typing import Any, Union, get_origin, get_type_hints

import llem
import llem_contracts
import pytest
from llem_schema import PyTorchConfig
from pydantic import ValidationError

SHORT: dict[str, Any] = {
    "model": "builtin:tiny",
    "precision": "fp32",
    "n": 2,
    "max_input_tokens": 16,
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

    def test_it_is_a_work_order_resolved_and_run(self, tmp_path: Path) -> None:
        (tmp_path / "e.yaml").write_text("model: builtin:tiny\nmin_window_s: 0.0\n")
        flags = {key: SHORT[key] for key in ("n", "max_output_tokens", "warmup")}
        through_api: list[llem.Event] = []
        by_hand: list[llem.Event] = []
        result = llem.run_experiment("e.yaml", **flags, listener=through_api.append)
        same = llem.run_order(llem.resolve("e.yaml", flags), by_hand.append)
        assert result.config == same.config
        assert result.run_settings == same.run_settings
        assert result.run_settings.origins["min_window_s"] == "file"
        assert result.run_settings.origins["n"] == "flag"
        assert [type(event) for event in through_api if event.type != "phase_progress"] == [
            type(event) for event in by_hand if event.type != "phase_progress"
        ]

    def test_it_takes_place_in_this_process(self) -> None:
        """The listener is called from inside the window's own frames."""
        around: set[str] = set()

        def listen(event: llem.Event) -> None:
            around.update(frame.f_globals["__name__"] for frame, _ in walk_stack(None))

        llem.run_experiment(**SHORT, listener=listen)
        assert "llem_harness.window" in around

    def test_errors_are_typed(self) -> None:
        with pytest.raises(ValidationError):
            llem.run_experiment()
        with pytest.raises(llem.ConfigError):
            llem.run_experiment(model="m", backend="nobody")
        with pytest.raises(llem.PreFlightError):
            llem.run_experiment(**{**SHORT, "dataset": "none.txt"})

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (
                {"max_output_token": 8},
                "max_output_token: there is no such key; did you mean 'max_output_tokens'?",
            ),
            ({"n": "3"}, "n: input should be a valid integer, not '3'"),
            (
                {"acme-echo": {"batchsize": 1}},
                "acme-echo.batchsize: there is no such key; did you mean 'acme-echo.batch_size'?",
            ),
        ],
        ids=["key", "value", "plugin"],
    )
    def test_what_is_not_valid_is_told_in_the_words_of_the_command_line(
        self, given: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            llem.run_experiment(model="builtin:tiny", **given)
        assert caught.value.__notes__ == [words]


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


class TestSignatures:
    def test_a_function_has_one_return_type(self) -> None:
        functions = [getattr(llem, name) for name in llem.__all__]
        functions = [f for f in functions if inspect.isfunction(f)]
        assert llem.run_experiment in functions
        for function in functions:
            answer = get_type_hints(function)["return"]
            assert get_origin(answer) not in (Union, UnionType), function.__name__

    def test_run_experiment_gives_a_result(self) -> None:
        assert get_type_hints(llem.run_experiment)["return"] is llem.ExperimentResult


class TestErrors:
    def test_are_those_of_the_contracts(self) -> None:
        errors = [
            name
            for name in llem_contracts.__all__
            if isinstance(getattr(llem_contracts, name), type)
            and issubclass(getattr(llem_contracts, name), llem_contracts.LlemError)
        ]
        assert "PreFlightError" in errors
        for name in errors:
            assert getattr(llem, name) is getattr(llem_contracts, name)
