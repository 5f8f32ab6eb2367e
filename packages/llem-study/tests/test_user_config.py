"""Where the user config lies, and that every field of it takes effect (CFG-21 to CFG-23)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from llem_schema import FrozenDict, Model, Origin, UserConfig
from llem_study import load_user_config, resolve, user_config_path
from pydantic import BaseModel

VALUES = {
    "output.results_dir": "/data/results",
    "output.model_cache_dir": "/data/models",
    "measurement.meter": "nvml",
    "measurement.carbon_intensity_g_per_kwh": 400.0,
    "measurement.pue": 1.2,
    "advanced.sample_period_s": 0.02,
    "advanced.baseline_ttl_s": 60.0,
}
"""A value that is no default for each field that an order depends on."""


def fields(model: type[Model], prefix: str = "") -> Iterator[str]:
    """Dotted paths of all fields that hold a value of their own."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from fields(kind, f"{prefix}{name}.")  # type: ignore[arg-type]
        else:
            yield prefix + name


@pytest.fixture
def at_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the platform keeps it for a user whose home is empty."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = platformdirs.user_config_path("llem") / "config.yaml"
    assert tmp_path in path.parents
    return path


class TestPlace:
    def test_is_the_platforms_config_folder(self, at_its_place: Path) -> None:
        at_its_place.parent.mkdir(parents=True)
        at_its_place.write_text("output: {results_dir: mine}\n")
        found = load_user_config({})
        assert found.path == at_its_place
        assert found.config.output.results_dir == "mine"

    def test_without_a_file_there_are_defaults_and_no_word(
        self, at_its_place: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        found = load_user_config({})
        assert (found.config, found.path) == (UserConfig(), None)
        assert not at_its_place.parent.exists()
        assert tuple(capfd.readouterr()) == ("", "")

    def test_none_switches_off_the_one_that_is_there(self, at_its_place: Path) -> None:
        at_its_place.parent.mkdir(parents=True)
        at_its_place.write_text("output: {results_dir: mine}\n")
        assert user_config_path({"LLEM_CONFIG": "none"}) is None
        assert load_user_config({"LLEM_CONFIG": "none"}).config == UserConfig()


class TestEffect:
    def test_has_a_value_to_try_for_every_field(self) -> None:
        of_the_command_line = {path for path in fields(UserConfig) if path.startswith("ui.")}
        assert set(fields(UserConfig)) - of_the_command_line == set(VALUES)

    @pytest.mark.parametrize("path", VALUES)
    def test_of_each_field_is_in_the_order_with_its_origin(self, path: str, tmp_path: Path) -> None:
        section, name = path.split(".")
        (tmp_path / "user.yaml").write_text(f"{section}: {{{name}: {VALUES[path]}}}\n")

        def order_under(named: str) -> Any:
            return resolve(None, {"model": "m"}, save=True, environ={"LLEM_CONFIG": named})

        changed, plain = order_under(str(tmp_path / "user.yaml")), order_under("none")
        without_origins = {"origins": FrozenDict[str, Origin]()}
        assert (changed.config, changed.settings.model_copy(update=without_origins)) != (
            plain.config,
            plain.settings.model_copy(update=without_origins),
        )
        (of_the_user,) = changed.settings.origins.keys() - plain.settings.origins.keys()
        assert changed.settings.origins[of_the_user] == "user config"
