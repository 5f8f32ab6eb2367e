"""Variables that change a measurement are told, and secrets never."""

import pytest
from hypothesis import given, strategies as st
from llem_harness.environment.variables import BEGINNINGS, WITHHELD, measuring_variables

TOLD = (
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTORCH_CUDA_ALLOC_CONF",
    "TORCH_CUDNN_V8_API_DISABLED",
    "TORCHINDUCTOR_MAX_AUTOTUNE",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "NVIDIA_TF32_OVERRIDE",
    "CUBLAS_WORKSPACE_CONFIG",
    "NCCL_P2P_DISABLE",
    "TOKENIZERS_PARALLELISM",
)
SECRET_OR_PRIVATE = (
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_HUB_TOKEN",
    "TRANSFORMERS_API_KEY",
    "TRANSFORMERS_AUTH",
    "PYTORCH_TOKEN",
    "TORCH_SECRET",
    "TORCH_HOME",
    "NCCL_PASSWORD",
    "OMP_CREDENTIALS",
    "AWS_SECRET_ACCESS_KEY",
    "OPENAI_API_KEY",
    "WANDB_API_KEY",
    "SLURM_JWT",
    "SSH_AUTH_SOCK",
    "GIT_ASKPASS",
    "DATABASE_URL",
    "HTTPS_PROXY",
    "USER",
    "HOME",
    "PATH",
    "CUDA_VISIBLE_DEVICES_TOKEN",
)
WORDS = st.sampled_from(("TOKEN", "SECRET", "PASSWORD", "KEY", "AUTH", "CREDENTIALS", "COOKIE"))
PIECES = st.text(st.sampled_from("ABCXYZ_019"), max_size=8)


class TestVariables:
    @pytest.mark.parametrize("name", TOLD)
    def test_that_change_a_measurement_are_told(self, name: str) -> None:
        assert measuring_variables({name: "1"}) == {name: "1"}

    def test_come_in_alphabetical_order(self) -> None:
        told = measuring_variables(dict.fromkeys(TOLD, "1"))
        assert list(told) == sorted(TOLD)

    def test_of_another_encoding_can_be_written(self) -> None:
        told = measuring_variables({"OMP_PLACES": b"caf\xe9".decode("utf-8", "surrogateescape")})
        assert told["OMP_PLACES"].encode()


class TestSecrets:
    @pytest.mark.parametrize("name", SECRET_OR_PRIVATE)
    def test_are_not_told(self, name: str) -> None:
        assert measuring_variables({name: "x"}) == {}

    @given(
        beginning=st.sampled_from(("", *BEGINNINGS)),
        before=PIECES,
        word=WORDS,
        after=PIECES,
        lower=st.booleans(),
    )
    def test_are_not_told_whatever_stands_around_the_word(
        self, beginning: str, before: str, word: str, after: str, lower: bool
    ) -> None:
        name = f"{beginning}{before}{word.lower() if lower else word}{after}"
        assert measuring_variables({name: "x"}) == {}

    @given(name=st.text(), value=st.text())
    def test_in_variables_that_nobody_named_are_not_told(self, name: str, value: str) -> None:
        if not name.startswith(BEGINNINGS):
            assert name in TOLD or measuring_variables({name: value}) == {}

    @pytest.mark.parametrize(
        "value",
        ["hf_abcdefghij", "https://me:pw@host/", "x=ghp_abcdefghij", "sk-abcdefghij"],
        ids=["hub", "address", "within", "key"],
    )
    def test_in_a_value_are_withheld(self, value: str) -> None:
        assert measuring_variables({"TORCH_LOGS": value}) == {"TORCH_LOGS": WITHHELD}
