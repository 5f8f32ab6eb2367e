from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from llem_store import run_folder_name
from llem_testing import FakeClock, example_config

NOW_NS = FakeClock().wall_ns()


def name_of(model: str, backend: str = "pytorch") -> str:
    return run_folder_name(example_config(model=model, backend=backend), NOW_NS)


class TestRunFolderName:
    @pytest.mark.parametrize(
        ("slug", "model"),
        [
            ("llama-3.1-8b", "meta-llama/Llama-3.1-8B"),
            ("tiny", "builtin:tiny"),
            ("gpt2", "/models/gpt2/"),
            ("gpt2", "./models/gpt2/."),
            ("my-model--v2", "My Model (v2)_"),
            ("passwd", "../../etc/passwd"),
            ("model", ".."),
            ("model", "./"),
            ("model", "///"),
            ("model", "???"),
            ("model", "C:\\models\\.."),
            ("llama", "C:\\models\\Llama"),
            ("hidden", ".hidden"),
            ("rf", "-rf"),
            ("模型-7b", "团队/模型-7B"),
            ("café", "cafe\u0301"),
        ],
    )
    def test_the_model_gives_its_last_component(self, slug: str, model: str) -> None:
        assert name_of(model).removesuffix("_pytorch_2026-11-23T14-30-05") == slug

    def test_the_time_is_utc_to_the_second(self) -> None:
        assert name_of("gpt2") == "gpt2_pytorch_2026-11-23T14-30-05"

    def test_a_backend_cannot_leave_the_folder_either(self) -> None:
        assert name_of("gpt2", "../../x") == "gpt2_x_2026-11-23T14-30-05"

    @given(st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=100))
    def test_any_name_gives_one_component_that_a_file_system_takes(
        self, model: str, backend: str
    ) -> None:
        name = name_of(model, backend)
        assert Path(name).name == name
        assert "/" not in name
        assert "\\" not in name
        assert "\0" not in name
        assert name[0] not in ".-_"
        assert len(name.encode()) < 240

    def test_a_very_long_name_is_cut_between_characters(self) -> None:
        assert len(name_of("模" * 300).encode()) < 240
