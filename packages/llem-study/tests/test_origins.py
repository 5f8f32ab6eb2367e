"""Precedence as people meet it: of files, variables and flags the strongest wins (CFG-24)."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from llem_study import origins_of, resolve

FLAG, FILE, USER, ENVIRONMENT = "flag", "file", "user config", "environment"
PLACES: dict[str, dict[str, str]] = {
    "energy.meter": {FLAG: "energy.meter", FILE: "energy.meter", USER: "measurement.meter"},
    "energy.sample_period_s": {
        FLAG: "energy.sample_period_s",
        FILE: "energy.sample_period_s",
        USER: "advanced.sample_period_s",
    },
    "baseline.cache_ttl_seconds": {
        FLAG: "baseline.cache_ttl_seconds",
        FILE: "baseline.cache_ttl_seconds",
        USER: "advanced.baseline_ttl_s",
    },
    "n": {FLAG: "n", FILE: "n"},
    "precision": {FLAG: "precision", FILE: "precision"},
    "warmup.n_warmup": {FLAG: "warmup.n_warmup", FILE: "warmup.n_warmup"},
    "results_dir": {FLAG: "", USER: "output.results_dir"},
    "model_cache_dir": {USER: "output.model_cache_dir"},
    "cache_dir": {ENVIRONMENT: "LLEM_CACHE_DIR"},
}
"""For each value the places that can give it, the strongest first, and its name there."""
VALUES: dict[str, Any] = {
    "energy.meter": st.sampled_from(["auto", "none", "nvml", "rapl", "acme-wattmeter"]),
    "energy.sample_period_s": st.sampled_from([0.01, 0.02, 0.5]),
    "baseline.cache_ttl_seconds": st.sampled_from([0.0, 60.0]),
    "n": st.integers(1, 9),
    "precision": st.sampled_from(["fp32", "fp16", "bf16"]),
    "warmup.n_warmup": st.integers(0, 9),
    "results_dir": st.sampled_from(["a", "b", "/c"]),
    "model_cache_dir": st.sampled_from(["/a", "/b"]),
    "cache_dir": st.sampled_from(["/a", "/b"]),
}
GIVEN = st.fixed_dictionaries(
    {},
    optional={(key, place): VALUES[key] for key, places in PLACES.items() for place in places},
)
"""Any subset of the places gives any of its values."""


def yaml_of(given: dict[str, Any]) -> str:
    """A file with dotted keys as sections. JSON is YAML."""
    document: dict[str, Any] = {}
    for path, value in given.items():
        section, _, name = path.rpartition(".")
        (document.setdefault(section, {}) if section else document)[name] = value
    return json.dumps(document)


class TestPrecedence:
    @settings(
        max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(given=GIVEN)
    def test_the_strongest_place_wins_and_is_named(
        self, tmp_path: Path, given: dict[tuple[str, str], Any]
    ) -> None:
        def told(place: str) -> dict[str, Any]:
            """What a place says, by its own names."""
            return {
                PLACES[key][place]: value for (key, where), value in given.items() if where == place
            }

        file, user = tmp_path / "e.yaml", tmp_path / "user.yaml"
        file.write_text(yaml_of({"model": "m", **told(FILE)}))
        user.write_text(yaml_of(told(USER)))
        flags = told(FLAG)
        environ = {"LLEM_CONFIG": str(user), **told(ENVIRONMENT)}
        results_dir = flags.pop("", None)
        order = resolve(file, flags, output_dir=results_dir, save=True, environ=environ)

        found = origins_of(order, environ)
        shown = {value.key: value for value in (*found.config, *found.settings)}
        for key, places in PLACES.items():
            who = next((place for place in places if (key, place) in given), "default")
            assert shown[key].origin == who, key
            if who != "default":
                assert shown[key].value == given[key, who]


class TestOrigins:
    def test_have_every_field_of_the_experiment_sections_of_strangers_at_the_top(self) -> None:
        order = resolve(
            None,
            {
                "model": "m",
                "backend": "acme-echo",
                "precision": "fp32",
                "acme-echo": {"step_ms": 0.5},
            },
            environ={"LLEM_CONFIG": "none"},
        )
        shown = {value.key: value.origin for value in origins_of(order, {}).config}
        assert shown["acme-echo.step_ms"] == FLAG
        assert shown["warmup.thermal"] == "default"

    def test_name_the_variables_that_are_set(self) -> None:
        environ = {"LLEM_CONFIG": "none", "NO_COLOR": "", "HOME": "/root"}
        found = origins_of(resolve(None, {"model": "m"}, environ=environ), environ)
        assert {value.key for value in found.variables} == {"LLEM_CONFIG", "NO_COLOR"}
