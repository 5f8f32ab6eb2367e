"""Prompts as what a user says."""

import shutil

import pytest
from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_contracts import BackendError
from llem_schema import ExperimentConfig

TEMPLATE = (
    "{% for message in messages %}[{{ message.role }}]{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}[assistant]{% endif %}"
)


def config_of(folder, chat_template, **section):
    return ExperimentConfig(
        model=str(folder),
        precision="fp32",
        max_output_tokens=8,
        pytorch={"device": "cpu", "chat_template": chat_template, **section},
    )


def encoded(backend, folder, chat_template):
    with backend.load(config_of(folder, chat_template)) as loaded:
        return loaded.tokenizer.decode(loaded.tokenizer.encode("Hi")), loaded.effective_config


class TestChatTemplate:
    def test_is_put_around_a_prompt_where_it_is_asked_for(self, backend, gpt2_folder, tmp_path):
        folder = shutil.copytree(gpt2_folder, tmp_path / "chat")
        tokenizer = byte_tokenizer()
        tokenizer.chat_template = TEMPLATE
        tokenizer.save_pretrained(folder)
        assert backend.plan(config_of(folder, True), ()).problems == ()
        assert encoded(backend, folder, None)[0] == "Hi"
        text, effective = encoded(backend, folder, True)
        assert text == "[user]Hi[assistant]"
        assert effective["chat_template"] is True

    def test_that_is_missing_is_one_sentence_of_plan_and_load(self, backend, gpt2_folder):
        (problem,) = backend.plan(config_of(gpt2_folder, True), ()).problems
        assert problem.code == "no_chat_template"
        with pytest.raises(BackendError, match="has no template") as caught:
            encoded(backend, gpt2_folder, True)
        assert (str(caught.value), caught.value.cure) == (problem.message, problem.cure)

    def test_that_nothing_can_bring_is_told_where_there_is_no_tokenizer(
        self, backend, gpt2_folder, tmp_path
    ):
        for name in ("config.json", "generation_config.json"):
            shutil.copy(gpt2_folder / name, tmp_path)
        config = config_of(tmp_path, True, load_format="dummy")
        assert [p.code for p in backend.plan(config, ()).problems] == ["no_chat_template"]
