import pytest
from hypothesis import example, given, settings, strategies as st
from llem_backend_pytorch.byte_tokenizer import END_ID, PAD_ID, byte_tokenizer
from llem_backend_pytorch.tokenizer import ModelTokenizer, load_tokenizer
from llem_contracts import BackendError

raw = byte_tokenizer()
tokenizer = ModelTokenizer(raw)


class TestByteTokenizer:
    @settings(deadline=None)
    @example("say <|end|> and <|pad|>")
    @given(st.text(max_size=40))
    def test_a_text_has_a_token_per_byte_and_comes_back(self, text):
        token_ids = tokenizer.encode(text)
        assert len(token_ids) == len(text.encode())
        assert all(0 <= token < END_ID for token in token_ids)
        assert tokenizer.decode(token_ids) == text

    def test_it_pads_on_the_left(self):
        assert raw.padding_side == "left"
        assert (raw.eos_token_id, raw.pad_token_id) == (END_ID, PAD_ID)

    def test_ids_beyond_its_vocabulary_decode_to_nothing(self):
        assert tokenizer.decode([300, 50000]) == ""


class TestFolderTokenizer:
    def test_a_long_text_is_encoded_whole_and_without_a_warning(self, tmp_path, capfd):
        short = byte_tokenizer()
        short.model_max_length = 4
        short.save_pretrained(tmp_path)
        loaded = ModelTokenizer(load_tokenizer("x", tmp_path))
        assert len(loaded.encode("a" * 100)) == 100
        assert capfd.readouterr().err == ""

    def test_a_broken_tokenizer_is_one_sentence(self, tmp_path):
        (tmp_path / "tokenizer.json").write_text("{")
        with pytest.raises(BackendError, match="tokenizer of 'mine' cannot be loaded") as caught:
            load_tokenizer("mine", tmp_path)
        assert "\n" not in str(caught.value)
