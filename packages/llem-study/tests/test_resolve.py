"""Flags over file over user config over defaults; what does not fit is refused before anything."""

from pathlib import Path

import platformdirs
import pytest
from llem_contracts import ConfigError
from llem_schema import EnergyConfig, ExperimentConfig, PyTorchConfig, measurement_config_hash
from llem_study import (
    explain_validation,
    load_experiment_config,
    load_user_config,
    plugin_keys,
    resolve,
)
from pydantic import ValidationError

NO_USER_CONFIG = {"LLEM_CONFIG": "none"}


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.yaml"
    path.write_text("model: builtin:tiny\nn: 4\nenergy: {meter: none}\n")
    return path


@pytest.fixture
def user(tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "user.yaml"
    path.write_text(
        "output: {results_dir: /data/results, model_cache_dir: /data/models}\n"
        "measurement: {meter: nvml}\n"
        "advanced: {sample_period_s: 0.02}\n"
    )
    return {"LLEM_CONFIG": str(path)}


class TestLoadExperimentConfig:
    def test_a_file_becomes_a_config(self, experiment: Path) -> None:
        assert load_experiment_config(experiment) == ExperimentConfig(
            model="builtin:tiny", n=4, energy=EnergyConfig(meter="none")
        )
        assert load_experiment_config(str(experiment)).n == 4

    def test_a_strangers_section_is_carried(self, tmp_path: Path) -> None:
        path = tmp_path / "acme.yaml"
        path.write_text("model: acme:echo\nbackend: acme-echo\nacme-echo: {step_ms: 2.0}\n")
        assert load_experiment_config(path).extension == {"acme-echo": {"step_ms": 2.0}}


class TestPrecedence:
    def test_a_flag_beats_the_file(self, experiment: Path) -> None:
        order = resolve(experiment, {"n": 9}, environ=NO_USER_CONFIG)
        assert order.config.n == 9
        assert order.settings.origins["n"] == "flag"
        assert order.settings.origins["model"] == "file"

    def test_the_file_beats_the_user_config(self, experiment: Path, user: dict[str, str]) -> None:
        order = resolve(experiment, environ=user)
        assert order.config.energy.meter == "none"
        assert order.settings.origins["energy.meter"] == "file"

    def test_the_user_config_beats_the_default(self, user: dict[str, str]) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, environ=user)
        assert order.config.energy.meter == "nvml"
        assert order.config.energy.sample_period_s == 0.02
        assert order.settings.origins["energy.meter"] == "user config"

    def test_a_value_that_nobody_gave_has_no_origin(self) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG)
        assert set(order.settings.origins) == {"model"}

    def test_a_config_object_is_the_callers(self) -> None:
        config = ExperimentConfig(model="builtin:tiny", pytorch=PyTorchConfig(batch_size=2))
        order = resolve(config, {"n": 3}, environ=NO_USER_CONFIG)
        assert order.config == config.model_copy(update={"n": 3})
        assert order.settings.origins["pytorch.batch_size"] == "caller"


class TestSettings:
    def test_nothing_is_saved_unless_asked(self) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG)
        assert order.settings.results_dir is None

    def test_a_named_folder_is_used(self, user: dict[str, str]) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, output_dir="out", environ=user)
        assert order.settings.results_dir == "out"

    def test_the_user_configs_folder_comes_before_the_default(self, user: dict[str, str]) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, save=True, environ=user)
        assert order.settings.results_dir == "/data/results"
        assert order.settings.model_cache_dir == "/data/models"

    def test_the_default_folder_is_results(self) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, save=True, environ=NO_USER_CONFIG)
        assert order.settings.results_dir == "results"

    def test_caches_lie_where_the_environment_says_or_in_the_platforms_folder(self) -> None:
        def cache_dir(**environ: str) -> str | None:
            order = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG | environ)
            return order.settings.cache_dir

        assert cache_dir(LLEM_CACHE_DIR="/data/cache") == "/data/cache"
        assert cache_dir() == platformdirs.user_cache_dir("llem")

    def test_the_order_names_the_llem_packages(self) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG)
        assert "llem-schema" in order.packages


class TestEmissions:
    def test_what_is_not_given_is_not_assumed(self) -> None:
        settings = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG).settings
        assert (settings.carbon_intensity_g_per_kwh, settings.pue) == (None, None)

    @pytest.mark.parametrize("text", ["-1", "much", "nan", "inf"])
    def test_a_variable_that_is_no_intensity_is_refused_by_its_name(self, text: str) -> None:
        environ = NO_USER_CONFIG | {"LLEM_CARBON_INTENSITY": text}
        with pytest.raises(ConfigError, match="LLEM_CARBON_INTENSITY") as caught:
            resolve(None, {"model": "builtin:tiny"}, environ=environ)
        assert "unset LLEM_CARBON_INTENSITY" in caught.value.cure

    def test_a_pue_below_one_is_refused(self) -> None:
        environ = NO_USER_CONFIG | {"LLEM_DATACENTER_PUE": "0.9"}
        with pytest.raises(ConfigError, match=r"LLEM_DATACENTER_PUE is '0\.9'"):
            resolve(None, {"model": "builtin:tiny"}, environ=environ)

    def test_they_are_not_in_the_hash(self) -> None:
        plain = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG)
        environ = NO_USER_CONFIG | {"LLEM_CARBON_INTENSITY": "400"}
        given = resolve(None, {"model": "builtin:tiny"}, environ=environ)
        assert measurement_config_hash(plain.config) == measurement_config_hash(given.config)


class TestBatchSize:
    def test_it_goes_to_the_section_of_the_default_backend(self) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, batch_size=4, environ=NO_USER_CONFIG)
        assert order.config.pytorch == PyTorchConfig(batch_size=4)

    def test_it_goes_to_the_section_of_the_backend_that_runs(self) -> None:
        order = resolve(
            None,
            {"model": "acme:echo", "backend": "acme-echo", "precision": "fp32"},
            batch_size=4,
            environ=NO_USER_CONFIG,
        )
        assert order.config.pytorch is None
        assert order.config.extension == {"acme-echo": {"batch_size": 4}}


class TestRefusal:
    def test_an_unknown_backend_is_refused_with_the_nearest(self) -> None:
        with pytest.raises(ConfigError, match="pytroch") as caught:
            resolve(None, {"model": "m", "backend": "pytroch"}, environ=NO_USER_CONFIG)
        assert "'pytorch'" in (caught.value.cure or "")

    def test_an_unknown_meter_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="there is no meter 'nvlm'"):
            resolve(None, {"model": "m", "energy.meter": "nvlm"}, environ=NO_USER_CONFIG)

    @pytest.mark.parametrize("key", ["backend", "energy.meter"])
    def test_a_name_that_no_plugin_can_have_is_not_repeated(self, key: str) -> None:
        with pytest.raises(ValidationError) as caught:
            resolve(None, {"model": "m", key: "9" * 5000}, environ=NO_USER_CONFIG)
        (sentence,) = explain_validation(caught.value)
        assert len(sentence) < 300

    def test_a_section_for_another_backend_names_the_fix(self) -> None:
        with pytest.raises(ConfigError, match="belongs to another backend") as caught:
            resolve(
                None,
                {"model": "acme:echo", "backend": "acme-echo", "pytorch.batch_size": 2},
                environ=NO_USER_CONFIG,
            )
        assert "backend: pytorch" in (caught.value.cure or "")

    def test_a_strangers_section_is_checked_by_its_own_model_and_explained(self) -> None:
        with pytest.raises(ValidationError) as caught:
            resolve(
                None,
                {"model": "acme:echo", "backend": "acme-echo", "acme-echo": {"batchsize": 1}},
                environ=NO_USER_CONFIG,
            )
        assert explain_validation(caught.value, plugin_keys=plugin_keys()) == (
            "acme-echo.batchsize: there is no such key; did you mean 'acme-echo.batch_size'?",
        )

    def test_an_extension_that_holds_no_sections_is_refused_at_its_key(self) -> None:
        with pytest.raises(ValidationError) as caught:
            resolve(None, {"model": "m", "extension": "text"}, environ=NO_USER_CONFIG)
        assert [error["loc"] for error in caught.value.errors()] == [("extension",)]

    def test_what_the_backend_does_not_declare_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="does not support precision: fp16"):
            resolve(
                None,
                {"model": "acme:echo", "backend": "acme-echo", "precision": "fp16"},
                environ=NO_USER_CONFIG,
            )

    def test_a_study_file_is_told_from_a_broken_experiment(self, tmp_path: Path) -> None:
        path = tmp_path / "study.yaml"
        path.write_text("model: gpt2\nsweep: {precision: [bf16, fp16]}\n")
        with pytest.raises(ConfigError, match="describes a study"):
            resolve(path, environ=NO_USER_CONFIG)

    def test_validation_errors_reach_python_callers_unchanged(self, tmp_path: Path) -> None:
        path = tmp_path / "e.yaml"
        path.write_text("model: gpt2\nn: '3'\n")
        with pytest.raises(ValidationError):
            load_experiment_config(path)


class TestUserConfig:
    def test_no_file_means_defaults_without_a_word(self, tmp_path: Path) -> None:
        found = load_user_config({"LLEM_CONFIG": "none"})
        assert found.path is None
        assert found.config.output.results_dir is None

    def test_a_broken_one_names_file_and_field(self, tmp_path: Path) -> None:
        path = tmp_path / "user.yaml"
        path.write_text("output: {result_dir: x}\n")
        with pytest.raises(ConfigError, match=r"user\.yaml.*output\.result_dir") as caught:
            load_user_config({"LLEM_CONFIG": str(path)})
        assert "results_dir" in str(caught.value)

    def test_a_named_file_must_exist(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="there is no file"):
            load_user_config({"LLEM_CONFIG": str(tmp_path / "none.yaml")})
