"""Code from a model's own repository: run where that is asked for, and from nowhere else."""

import json

import pytest
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig, PyTorchConfig

CONFIG = """
from transformers import LlamaConfig

class OwnConfig(LlamaConfig):
    model_type = "own-architecture"
"""
MODEL = """
from transformers import LlamaForCausalLM
from .configuration_own import OwnConfig

class OwnForCausalLM(LlamaForCausalLM):
    config_class = OwnConfig
"""
AUTO_MAP = {
    "AutoConfig": "configuration_own.OwnConfig",
    "AutoModelForCausalLM": "modeling_own.OwnForCausalLM",
}


@pytest.fixture
def coded(llama_folder, tmp_path):
    """A checkpoint of an architecture that only its own repository knows."""
    folder = tmp_path / "model"
    folder.mkdir()
    for path in llama_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "configuration_own.py").write_text(CONFIG)
    (folder / "modeling_own.py").write_text(MODEL)
    restate(folder, "config.json", model_type="own-architecture", auto_map=AUTO_MAP)
    return folder


def restate(folder, name, **changes):
    stated = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**stated, **changes}))


def config_of(model, trusted):
    section = PyTorchConfig(trust_remote_code=trusted)
    return ExperimentConfig(
        model=str(model), precision="fp32", max_output_tokens=4, pytorch=section
    )


class TestOwnCode:
    @pytest.mark.parametrize("trusted", [None, False])
    def test_is_not_run_unless_it_is_asked_for(self, backend, coded, trusted):
        (problem,) = backend.plan(config_of(coded, trusted), ()).problems
        assert problem.code == "remote_code"
        assert "pytorch.trust_remote_code" in problem.cure

    def test_runs_where_it_is_asked_for_with_a_warning_and_a_record(self, backend, coded):
        plan = backend.plan(config_of(coded, True), ())
        (warning,) = plan.problems
        assert (warning.code, warning.blocking) == ("remote_code_trusted", False)
        assert plan.effective_config["trust_remote_code"] is True
        with backend.load(config_of(coded, True)) as loaded:
            assert loaded.effective_config["model_class"] == "OwnForCausalLM"
            assert loaded.effective_config["trust_remote_code"] is True
            assert loaded.shape == plan.shape
            (done,) = loaded.generate([GenerationRequest(0, (1, 2))])
        assert done.output_tokens == 4

    def test_that_is_trusted_is_not_remarked_of_a_built_in_model(self, backend):
        assert backend.plan(config_of("builtin:tiny", True), ()).problems == ()


class TestCodeOfAnotherRepository:
    @pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
    def test_is_never_run(self, backend, coded, name):
        code = {"AutoConfig": "someone/else--configuration_own.OwnConfig"}
        restate(coded, name, auto_map=code)
        config = config_of(coded, True)
        (problem,) = [p for p in backend.plan(config, ()).problems if p.blocking]
        assert problem.code == "remote_code"
        assert "'someone/else'" in problem.message
        with pytest.raises(BackendError, match="someone/else"), backend.load(config):
            pass
