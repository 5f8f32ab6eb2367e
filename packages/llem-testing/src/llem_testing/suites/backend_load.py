"""What every backend promises of loading, and of the model that it loads."""

import gc
import json
import weakref

import pytest
from llem_contracts import BackendError, GenerationRequest, LoadedModel, NotSupported
from llem_schema import HOST_ID, LoraConfig

from llem_testing.suites.backend_bench import ABILITIES, BackendBench, asking_for, requests_of


class LoadSuite(BackendBench):
    """`InferenceBackend.load`, and what a `LoadedModel` tells of itself."""

    def test_loading_what_cannot_be_had_is_a_backend_error(self) -> None:
        backend, config = self.model_that_cannot_be_had()
        with pytest.raises(BackendError), backend.load(config):
            pass

    def test_everything_that_is_declared_loads_and_generates(self) -> None:
        configs = [
            self.config(**asking_for(key, value))
            for key, declared, _ in ABILITIES
            for value in sorted(getattr(self.descriptor, declared))
        ]
        for config in dict.fromkeys(configs):
            with self.loaded(config) as model:
                assert len(model.generate(requests_of(2))) == 1

    def test_what_is_not_declared_is_not_supported(self) -> None:
        descriptor, backend = self.refusing()
        refused = [
            (key, value)
            for key, declared, values in ABILITIES
            for value in values
            if value not in getattr(descriptor, declared)
        ]
        if not refused:
            pytest.skip("the descriptor declares everything")
        for key, value in refused:
            config = self.config(**asking_for(key, value))
            with pytest.raises(NotSupported) as caught, backend.load(config):
                pass
            assert str(caught.value), (key, value)

    def test_an_adapter_is_not_supported_unless_it_is_declared(self) -> None:
        descriptor, backend = self.refusing()
        if descriptor.adapters:
            pytest.skip("the descriptor declares adapters")
        config = self.config(lora=LoraConfig(path="no-such-folder"))
        with pytest.raises(NotSupported) as caught, backend.load(config):
            pass
        assert str(caught.value)

    def test_the_config_stays_as_it_is(self) -> None:
        config = self.config()
        before = config.model_dump_json()
        with self.loaded(config) as model:
            model.generate(requests_of(2))
        assert config.model_dump_json() == before

    def test_leaving_the_context_frees_the_model(self) -> None:
        self._assert_freed(self._left(None))

    def test_an_error_in_the_context_passes_through_and_frees_the_model(self) -> None:
        self._assert_freed(self._left(_Deliberate()))

    def test_the_tokenizer_gives_the_text_back(self) -> None:
        text = "Why is the sky blue?"
        with self.loaded() as model:
            token_ids = model.tokenizer.encode(text)
            assert token_ids
            assert all(type(token) is int for token in token_ids)
            assert text in model.tokenizer.decode(token_ids)

    def test_the_model_takes_what_the_tokenizer_gives(self) -> None:
        with self.loaded() as model:
            token_ids = tuple(model.tokenizer.encode("Why is the sky blue?"))
            (request,) = model.generate([GenerationRequest(0, token_ids)])
        assert request.input_tokens == len(token_ids)

    def test_devices_are_uuids_and_the_cpu_is_the_host(self) -> None:
        planned = self.make_backend().plan(self.config(), []).devices
        with self.loaded() as model:
            devices = model.devices
        assert devices
        assert not set(devices) & set(planned), "logical names are of the plan alone"
        if planned == ("cpu",):
            assert devices == (HOST_ID,)

    def test_the_commit_is_that_of_the_hub(self) -> None:
        with self.loaded() as model:
            assert model.commit == self.commit

    def test_the_environment_is_told_as_json(self) -> None:
        with self.loaded() as model:
            environment = model.environment()
        assert environment
        json.dumps(environment, allow_nan=False)

    def test_the_effective_config_is_json(self) -> None:
        with self.loaded() as model:
            effective = model.effective_config
        assert effective
        json.dumps(effective, allow_nan=False)

    def _left(self, error: "_Deliberate | None") -> "weakref.ref[LoadedModel]":
        """A model whose context was left, by `error` where there is one."""
        passed = False
        try:
            with self.loaded() as model:
                model.generate(requests_of(2))
                if error is not None:
                    raise error
        except _Deliberate:
            passed = True
        assert passed is (error is not None), "an error in the context did not pass through"
        return weakref.ref(model)

    def _assert_freed(self, reference: "weakref.ref[LoadedModel]") -> None:
        """Nothing holds the model any more, or what is left of it cannot generate."""
        gc.collect()
        left = reference()
        if left is not None:
            with pytest.raises(BackendError):
                left.generate(requests_of(2))


class _Deliberate(Exception):
    pass
