"""pydantic's errors as sentences with paths and suggestions."""

from typing import Any

import pytest
from llem_schema import ExperimentConfig
from llem_study import explain_validation
from pydantic import ValidationError


def sentences(values: dict[str, Any], plugin_keys: tuple[str, ...] = ()) -> tuple[str, ...]:
    with pytest.raises(ValidationError) as caught:
        ExperimentConfig.model_validate(values)
    return explain_validation(caught.value, plugin_keys=plugin_keys)


class TestUnknownKey:
    def test_the_nearest_key_is_suggested(self) -> None:
        assert sentences({"model": "gpt2", "modle": 1}) == (
            "modle: there is no such key; did you mean 'model'?",
        )

    def test_the_nearest_key_of_a_section_is_suggested_with_the_path(self) -> None:
        assert sentences({"model": "gpt2", "pytorch": {"batchsize": 8}}) == (
            "pytorch.batchsize: there is no such key; did you mean 'pytorch.batch_size'?",
        )

    def test_a_key_of_another_section_is_suggested(self) -> None:
        assert sentences({"model": "gpt2", "batch_size": 8}) == (
            "batch_size: there is no such key; did you mean 'pytorch.batch_size'?",
        )

    def test_a_key_of_the_top_is_told_to_belong_there(self) -> None:
        assert sentences({"model": "gpt2", "dataset": {"source": "u.txt", "n": 3}}) == (
            "dataset.n: there is no such key; 'n' belongs to the top level",
        )

    def test_a_section_is_not_suggested_for_a_key_inside_it(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "energy": {"x": 3}})
        assert sentence.endswith("known keys: meter, phases, sample_period_s")

    def test_a_plugins_section_is_suggested(self) -> None:
        (sentence,) = sentences({"model": "m", "acme-eco": {}}, plugin_keys=("acme-echo",))
        assert "did you mean 'acme-echo'" in sentence

    def test_without_a_near_one_the_known_keys_are_listed(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "decoder": {"zzzzzz": 1}})
        assert sentence.endswith("known keys: strategy, temperature, top_k, top_p")

    def test_a_dotted_key_of_a_file_is_shown_as_a_section(self) -> None:
        assert sentences({"model": "gpt2", "pytorch.batch_size": 8}) == (
            "pytorch.batch_size: there is no such key; in a file it is written as "
            "`pytorch: {batch_size: ...}`",
        )

    def test_in_no_section_that_there_is_the_keys_of_the_top_are_listed(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "zzz.zzz": 1})
        assert "known keys: " in sentence
        assert "max_output_tokens" in sentence


class TestOtherFaults:
    def test_a_missing_key_is_named(self) -> None:
        assert sentences({}) == ("model: this key is needed",)

    def test_a_wrong_type_names_key_and_value(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "n": "3"})
        assert sentence.startswith("n: ")
        assert "integer" in sentence
        assert "'3'" in sentence

    def test_a_value_that_is_none_of_the_choices_gets_the_nearest(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "precision": "bf61"})
        assert sentence.endswith("not 'bf61'; did you mean 'bf16'?")
        (sentence,) = sentences({"model": "gpt2", "precision": "int4x"})
        assert "did you mean" not in sentence

    @pytest.mark.parametrize("value", [None, 3, "off", [1]], ids=repr)
    def test_a_section_that_is_none_is_asked_for_its_keys(self, value: object) -> None:
        (sentence,) = sentences({"model": "gpt2", "warmup": value})
        expected = f"warmup: here belong keys with values, such as 'n_warmup', not {value!r}"
        assert sentence == expected

    def test_a_section_of_free_form_is_asked_for_keys_too(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "passthrough_kwargs": 3})
        assert sentence == "passthrough_kwargs: here belong keys with values, not 3"

    def test_a_long_value_is_not_repeated(self) -> None:
        for sentence in sentences({"model": "gpt2", "n": "x" * 10_000, "y" * 10_000: 1}):
            assert len(sentence) < 500

    def test_of_very_many_faults_the_first_are_told_and_the_rest_are_counted(self) -> None:
        told = sentences({"model": "gpt2", **{f"key_{i}": 1 for i in range(3000)}})
        assert len(told) == 21
        assert told[-1] == "and 2,980 more of the kind"

    def test_all_faults_are_told_at_once(self) -> None:
        assert len(sentences({"n": "3", "foo": 1, "warmup": {"n_warmup": -1}})) == 4

    def test_inside_a_union_only_the_form_that_was_given_is_spoken_of(self) -> None:
        (sentence,) = sentences({"model": "gpt2", "dataset": {"source": "a", "colum": "b"}})
        assert sentence == "dataset.colum: there is no such key; did you mean 'dataset.column'?"

    def test_no_sentence_speaks_of_pydantic(self) -> None:
        for sentence in sentences({"model": "", "dataset": "", "n": 0, "precision": "int4"}):
            assert "pydantic" not in sentence
            assert "http" not in sentence
