"""For an unknown key at any depth there is the nearest known one (CFG-20)."""

from collections.abc import Iterator

import pytest
from hypothesis import given, strategies as st
from llem_schema import ExperimentConfig, ExperimentResult, Model, known_keys, nearest_key

PLUGIN_KEYS = ("acme-echo", "acme-echo.step_ms", "acme-echo.batch_size")
KEYS = (*known_keys(ExperimentConfig), *PLUGIN_KEYS)


def slips(text: str) -> Iterator[str]:
    """The text with one letter left out, doubled, or exchanged with the next."""
    for at, letter in enumerate(text):
        yield text[:at] + text[at + 1 :]
        yield text[:at] + letter + text[at:]
        if letter != text[at + 1 : at + 2]:
            yield text[:at] + text[at + 1 : at + 2] + letter + text[at + 2 :]


def one_edit_apart(a: str, b: str) -> bool:
    """Whether a letter left out, put in, replaced or exchanged with the next makes one the other.

    Told by trying them all.
    """
    letters = set(a + b)
    made = {a, *slips(a)}
    for at in range(len(a) + 1):
        made |= {a[:at] + letter + a[at:] for letter in letters}
        made |= {a[:at] + letter + a[at + 1 :] for letter in letters}
    return b in made


class Leaf(Model):
    """A leaf."""

    size_mib: int


class Tree(Model):
    """A tree that holds trees."""

    leaf: Leaf | None
    trees: "dict[str, Tree]"


class TestKnownKeys:
    def test_stand_in_the_order_of_declaration_each_section_before_its_keys(self) -> None:
        assert known_keys(ExperimentConfig)[:7] == (
            "model", "revision", "backend", "precision", "dataset", "dataset.source",
            "dataset.split",
        )  # fmt: skip

    def test_go_through_optional_sections(self) -> None:
        assert "pytorch.batch_size" in known_keys(ExperimentConfig)

    def test_go_through_lists_and_mappings_of_models(self) -> None:
        keys = known_keys(ExperimentResult)
        assert "environment_snapshot.gpus.*.uuid" in keys
        assert "not_measured.*.code" in keys
        assert "config.warmup.n_warmup" in keys

    def test_end_at_a_free_form_mapping(self) -> None:
        inside = [key for key in KEYS if key.startswith(("passthrough_kwargs.", "extension."))]
        assert inside == []

    def test_end_where_a_model_holds_itself(self) -> None:
        assert known_keys(Tree) == ("leaf", "leaf.size_mib", "trees")


class TestNearestKey:
    @given(st.sampled_from(KEYS), st.data())
    def test_of_a_key_with_one_slip_is_as_near_as_that_key(
        self, key: str, data: st.DataObject
    ) -> None:
        section, dot, leaf = key.rpartition(".")
        typed = data.draw(st.sampled_from([slip for slip in slips(leaf) if len(slip) > 1]))
        suggestion = nearest_key(f"{section}{dot}{typed}", KEYS)
        assert suggestion is not None
        assert suggestion == key or one_edit_apart(f"{section}{dot}{typed}", suggestion)

    @given(st.sampled_from([key for key in KEYS if "." in key]), st.data())
    def test_of_a_slip_in_the_section_is_the_key_with_the_section_corrected(
        self, key: str, data: st.DataObject
    ) -> None:
        section, _, leaf = key.rpartition(".")
        typed = data.draw(st.sampled_from([slip for slip in slips(section) if slip != section]))
        assert nearest_key(f"{typed}.{leaf}", KEYS) == key

    @pytest.mark.parametrize("key", KEYS)
    def test_of_a_known_key_is_the_key_itself(self, key: str) -> None:
        assert nearest_key(key, KEYS) == key

    @pytest.mark.parametrize(
        ("unknown", "meant"),
        [
            ("batch_size", "pytorch.batch_size"),
            ("warmup.duration_seconds", "baseline.duration_seconds"),
            ("pytorch_batch_size", "pytorch.batch_size"),
            ("energy.random_sed", "random_seed"),
            ("dataset.n", "n"),
            ("dataset.max_input_tokens", "max_input_tokens"),
            ("energy.revision", "revision"),
            ("acme-echo.batchsize", "acme-echo.batch_size"),
            ("acme-ecko", "acme-echo"),
        ],
    )
    def test_may_stand_in_another_section(self, unknown: str, meant: str) -> None:
        assert nearest_key(unknown, KEYS) == meant

    def test_of_the_same_section_goes_before_one_of_another(self) -> None:
        assert nearest_key("b.sizes", ["a.sizes", "b.size"]) == "b.size"

    def test_the_very_same_key_of_another_section_goes_before_one_that_looks_like_it(self) -> None:
        assert nearest_key("acme.n", ["acne.m", "other.n"]) == "other.n"

    def test_among_equals_is_the_first(self) -> None:
        assert nearest_key("cat", ["bat", "hat", "cut"]) == "bat"

    @pytest.mark.parametrize("unknown", ["", ".", "x", "zzzzzz", "decoder.zzz", "energy.x", "temp"])
    def test_is_none_where_none_is_near(self, unknown: str) -> None:
        assert nearest_key(unknown, KEYS) is None

    def test_is_none_without_known_keys(self) -> None:
        assert nearest_key("model", ()) is None
