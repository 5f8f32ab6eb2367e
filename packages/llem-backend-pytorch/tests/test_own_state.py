"""What a run does to the process that it is in, and what the process has done to it."""

import gc
import weakref

import pytest
import torch
from llem_backend_pytorch.compilation import compiled_anew, graphs_compiled
from llem_backend_pytorch.settings import settings_of
from llem_contracts import GenerationRequest
from llem_schema import ExperimentConfig

REQUESTS = tuple(GenerationRequest(index, (1 + index, 2, 3)) for index in range(3))


def config_of(model="builtin:tiny", **section):
    return ExperimentConfig(
        model=str(model),
        precision="fp32",
        max_output_tokens=4,
        decoder={"strategy": "sample"},
        pytorch=section or None,
    )


class TestRandomNumbers:
    def test_of_the_caller_go_on_where_they_were(self, backend):
        torch.manual_seed(3)
        expected = torch.rand(2)
        torch.manual_seed(3)
        drawn = [torch.rand(1)]
        with backend.load(config_of()) as model:
            model.generate(REQUESTS)
        drawn.append(torch.rand(1))
        assert torch.equal(torch.cat(drawn), expected)

    def test_do_so_after_a_failure(self, backend):
        before = torch.get_rng_state()
        with pytest.raises(KeyError), backend.load(config_of()):
            raise KeyError
        assert torch.equal(torch.get_rng_state(), before)


class TestMemory:
    @pytest.mark.parametrize("batching", ["static", "continuous"])
    def test_of_a_model_is_free_though_its_error_is_kept(self, backend, batching):
        with backend.load(config_of(batching=batching)) as model:
            held = weakref.ref(model._generator.model)
            hook = model._generator.model.register_forward_pre_hook(fail)
            try:
                model.generate(REQUESTS)
            except Exception as error:
                kept = error
        del hook
        gc.collect()
        assert "no such thing" in str(kept)
        assert held() is None


def fail(*_):
    raise ValueError("no such thing")


def double(values):
    return values * 2


class TestCompiledCode:
    def test_is_made_anew_for_a_run_and_does_not_stay(self):
        compiled = torch.compile(double, backend="eager")
        settings = settings_of(config_of(torch_compile=True))
        compiled(torch.ones(2))
        counts = [graphs_compiled()]
        with compiled_anew(settings):
            for _ in range(2):
                compiled(torch.ones(2))
            counts.append(graphs_compiled())
        compiled(torch.ones(2))
        counts.append(graphs_compiled())
        assert counts == [counts[0], counts[0] + 1, counts[0] + 2]

    def test_of_the_caller_stays_where_a_run_compiles_nothing(self):
        compiled = torch.compile(double, backend="eager")
        compiled(torch.ones(2))
        before = graphs_compiled()
        with compiled_anew(settings_of(config_of())):
            compiled(torch.ones(2))
        assert graphs_compiled() == before

    @pytest.mark.slow
    def test_is_there_for_every_run_of_a_process(self, backend):
        made = []
        for size in (1, 2, 3):
            with backend.load(config_of(torch_compile=True, batch_size=size)) as model:
                before = model.compilations()
                model.generate(REQUESTS)
                made.append(model.compilations() - before)
        assert all(made)
