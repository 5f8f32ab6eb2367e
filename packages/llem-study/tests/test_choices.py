"""What completion offers: keys that exist, and values that are valid."""

import pytest
from llem_study import assignable_keys, parse_assignment, resolve, values_of


class TestKeys:
    def test_are_fields_that_hold_a_value_at_every_depth_and_of_plugins(self) -> None:
        keys = assignable_keys()
        assert {"n", "warmup.thermal", "pytorch.batch_size", "acme-echo.step_ms"} <= set(keys)
        assert "dataset" in keys  # as a name or as a section
        assert not {"warmup", "pytorch", "acme-echo"} & set(keys)

    def test_of_plain_fields_are_all_there(self) -> None:
        plain = {"model", "revision", "precision", "n", "random_seed", "min_window_s"}
        assert plain <= set(assignable_keys())


class TestValues:
    @pytest.mark.parametrize(
        ("key", "some"),
        [
            ("model", {"builtin:tiny", "builtin:gpt2"}),
            ("backend", {"pytorch", "acme-echo"}),
            ("energy.meter", {"auto", "none", "nvml", "acme-wattmeter"}),
            ("dataset", {"builtin", "synthetic", "ai-energy-score"}),
            ("dataset.order", {"shuffled", "longest_first"}),
            ("precision", {"fp32", "fp16", "bf16"}),
            ("warmup.thermal", {"plateau", "floor", "off"}),
            ("baseline.enabled", {"true", "false"}),
            ("pytorch.device", {"auto", "cpu", "cuda"}),
        ],
    )
    def test_are_known_for_choices_and_plugins(self, key: str, some: set[str]) -> None:
        assert some <= set(values_of(key))

    @pytest.mark.parametrize("key", ["n", "revision", "no.such.key", "n.deeper"])
    def test_are_none_where_anything_or_nothing_may_stand(self, key: str) -> None:
        assert values_of(key) == ()

    @pytest.mark.parametrize(
        "key", [key for key in assignable_keys() if values_of(key) and key != "backend"]
    )
    def test_that_are_offered_are_taken(self, key: str) -> None:
        needed = {"pytorch.quantization.bits": 4} if "quantization" in key else {}
        for value in values_of(key):
            flags = {"model": "builtin:tiny"} | needed | dict([parse_assignment(f"{key}={value}")])
            resolve(None, flags, environ={"LLEM_CONFIG": "none"})
