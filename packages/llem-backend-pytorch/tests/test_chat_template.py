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


def encoded(backend, folder, chat_template):
    config = ExperimentConfig(
        model=str(folder),
        precision="fp32",
        pytorch={"device": "cpu", "chat_template": chat_template},
    )
    with backend.load(config) as loaded:
        return loaded.tokenizer.decode(loaded.tokenizer.encode("Hi")), loaded.effective_config


class TestChatTemplate:
    def test_is_put_around_a_prompt_where_it_is_asked_for(self, backend, gpt2_folder, tmp_path):
        folder = shutil.copytree(gpt2_folder, tmp_path / "chat")
        tokenizer = byte_tokenizer()
        tokenizer.chat_template = TEMPLATE
        tokenizer.save_pretrained(folder)
        assert encoded(backend, folder, None)[0] == "Hi"
        text, effective = encoded(backend, folder, True)
        assert text == "[user]Hi[assistant]"
        assert effective["chat_template"] is True

    def test_that_is_missing_is_one_sentence_of_the_load(self, backend, gpt2_folder):
        with pytest.raises(BackendError, match="has no template") as caught:
            encoded(backend, gpt2_folder, True)
        assert "chat_template" in caught.value.cure
