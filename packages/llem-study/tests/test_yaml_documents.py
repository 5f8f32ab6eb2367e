"""Configurations as people keep them: YAML files, old ones and any that can be written."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st
from llem_schema import ExperimentConfig, Model, UserConfig, measurement_config_hash
from llem_study import load_experiment_config, load_user_config
from llem_testing.goldens import unseen_keys
from llem_testing.values import random_document

GOLDENS = Path(__file__).with_name("goldens")


class Quoting(yaml.SafeDumper):
    """Writes every text in quotes, so that none is taken for a number or a date."""


Quoting.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def written(folder: Path, document: dict[str, Any], flow: bool) -> Path:
    path = folder / "document.yaml"
    text = yaml.dump(
        document, Dumper=Quoting, default_flow_style=flow, allow_unicode=True, sort_keys=False
    )
    path.write_text(text, encoding="utf-8")
    return path


def user_config(path: Path) -> UserConfig:
    return load_user_config({"LLEM_CONFIG": str(path)}).config


class TestGoldens:
    @pytest.mark.parametrize(
        ("form", "pinned"), [("full", "1bc24b0818e5d60f"), ("minimal", "3663e4bbe600a3cc")]
    )
    def test_experiment_keeps_its_hash(self, form: str, pinned: str) -> None:
        config = load_experiment_config(GOLDENS / "experiment" / "v1" / f"{form}.yaml")
        assert measurement_config_hash(config) == pinned

    def test_user_config_is_read_as_ever(self) -> None:
        full = user_config(GOLDENS / "user-config" / "v1" / "full.yaml")
        assert full.output.results_dir == "/data/results"
        assert full.advanced.sample_period_s == 0.05
        assert user_config(GOLDENS / "user-config" / "v1" / "minimal.yaml") == UserConfig()

    @pytest.mark.parametrize(
        ("document", "model"), [("experiment", ExperimentConfig), ("user-config", UserConfig)]
    )
    def test_hold_every_key(self, document: str, model: type[Model]) -> None:
        text = (GOLDENS / document / "v1" / "full.yaml").read_text(encoding="utf-8")
        assert unseen_keys(model, [yaml.safe_load(text)]) == ()


class TestRoundTrip:
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(random=st.randoms(use_true_random=False), flow=st.booleans())
    def test_of_an_experiment(self, tmp_path: Path, random: Random, flow: bool) -> None:
        document = random_document(ExperimentConfig, random)
        expected = ExperimentConfig.model_validate(document)
        assert load_experiment_config(written(tmp_path, document, flow)) == expected

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(random=st.randoms(use_true_random=False), flow=st.booleans())
    def test_of_a_user_config(self, tmp_path: Path, random: Random, flow: bool) -> None:
        document = random_document(UserConfig, random)
        assert user_config(written(tmp_path, document, flow)) == UserConfig.model_validate(document)
