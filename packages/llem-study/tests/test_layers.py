"""Stronger layers win, key by key, and origins say who won."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from llem_contracts import ConfigError
from llem_schema import Origin
from llem_study.layers import Layer, merge, nested, parse_assignment

KEYS = st.sampled_from(["a", "b", "c"])
FLAT = st.dictionaries(st.tuples(KEYS, KEYS), st.integers(), max_size=5)


def as_nested(flat: dict[tuple[str, str], int]) -> dict[str, Any]:
    return nested({".".join(path): value for path, value in flat.items()})


class TestMerge:
    @given(FLAT, FLAT, FLAT)
    def test_each_leaf_has_the_value_and_the_origin_of_its_strongest_layer(
        self,
        user: dict[tuple[str, str], int],
        file: dict[tuple[str, str], int],
        flag: dict[tuple[str, str], int],
    ) -> None:
        named: list[tuple[Origin, dict[tuple[str, str], int]]] = [
            ("user config", user),
            ("file", file),
            ("flag", flag),
        ]
        values, origins = merge([Layer(origin, as_nested(flat)) for origin, flat in named])
        for path in {*user, *file, *flag}:
            origin, strongest = [(o, flat) for o, flat in named if path in flat][-1]
            assert values[path[0]][path[1]] == strongest[path]
            assert origins[".".join(path)] == origin

    def test_a_value_over_a_mapping_replaces_it_and_its_origins(self) -> None:
        values, origins = merge(
            [
                Layer("file", {"dataset": {"source": "a.jsonl", "column": "q"}}),
                Layer("flag", {"dataset": "builtin"}),
            ]
        )
        assert values == {"dataset": "builtin"}
        assert origins == {"dataset": "flag"}

    def test_a_mapping_over_a_value_replaces_it(self) -> None:
        values, origins = merge(
            [Layer("file", {"dataset": "builtin"}), Layer("flag", {"dataset": {"source": "x"}})]
        )
        assert values == {"dataset": {"source": "x"}}
        assert origins == {"dataset.source": "flag"}

    def test_keys_with_dots_are_keys_and_no_sections(self) -> None:
        values, origins = merge([Layer("file", {"a.b": 1}), Layer("flag", {"a": {"c": 2}})])
        assert values == {"a.b": 1, "a": {"c": 2}}
        assert origins == {"a.b": "file", "a.c": "flag"}

    def test_a_mapping_over_its_short_form_says_more_of_the_same(self) -> None:
        values, origins = merge(
            [
                Layer("file", {"dataset": "synthetic"}),
                Layer("flag", {"dataset": {"input_tokens": 64}}),
            ]
        )
        assert values == {"dataset": {"source": "synthetic", "input_tokens": 64}}
        assert origins == {"dataset.source": "file", "dataset.input_tokens": "flag"}

    def test_the_layers_stay_as_they_were(self) -> None:
        below = {"pytorch": {"batch_size": 1}}
        merge([Layer("file", below), Layer("flag", {"pytorch": {"batch_size": 8}})])
        assert below == {"pytorch": {"batch_size": 1}}


class TestNested:
    def test_a_dotted_path_becomes_mappings(self) -> None:
        assert nested({"a.b.c": 1, "a.d": 2}) == {"a": {"b": {"c": 1}, "d": 2}}

    def test_a_mapping_and_a_key_inside_it_are_laid_together(self) -> None:
        given = {"pytorch": {"batch_size": 1, "device_map": "auto"}, "pytorch.batch_size": 2}
        assert nested(given) == {"pytorch": {"batch_size": 2, "device_map": "auto"}}
        assert nested(dict(reversed(given.items())))["pytorch"]["batch_size"] == 1
        assert given["pytorch"] == {"batch_size": 1, "device_map": "auto"}

    @pytest.mark.parametrize("path", ["a." * 150 + "a", "a" * 201, "\udcff", "a.\udcff"])
    def test_what_nobody_types_is_no_key(self, path: str) -> None:
        with pytest.raises(ConfigError, match="is no key"):
            nested({path: 1})

    @pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b"])
    def test_an_empty_part_is_refused(self, path: str) -> None:
        with pytest.raises(ConfigError, match="is no key"):
            nested({path: 1})

    @pytest.mark.parametrize("flags", [{"a": 1, "a.b": 2}, {"a.b": 2, "a": 1}])
    def test_a_key_cannot_have_a_value_and_keys_inside(self, flags: dict[str, int]) -> None:
        with pytest.raises(ConfigError) as caught:
            nested(flags)
        assert caught.value.cure == "Give one or the other."

    @pytest.mark.parametrize("reverse", [False, True], ids=["before", "behind"])
    def test_a_short_form_may_stand_beside_keys_of_its_mapping(self, reverse: bool) -> None:
        flags = [("dataset", "synthetic"), ("dataset.input_tokens", 64)]
        assert nested(dict(flags[::-1] if reverse else flags)) == {
            "dataset": {"source": "synthetic", "input_tokens": 64}
        }

    def test_a_short_form_beside_what_it_stands_for_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="value"):
            nested({"dataset": "synthetic", "dataset.source": "builtin"})


class TestParseAssignment:
    def test_key_and_value_are_told_apart_at_the_first_equals_sign(self) -> None:
        assert parse_assignment("passthrough_kwargs.x=a=b") == ("passthrough_kwargs.x", "a=b")

    def test_the_value_has_the_type_that_a_file_would_give_it(self) -> None:
        assert parse_assignment("n=3") == ("n", 3)

    @pytest.mark.parametrize("text", ["n", "=3", " =3"])
    def test_what_is_no_assignment_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match="is no assignment"):
            parse_assignment(text)
