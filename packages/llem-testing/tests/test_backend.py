import pytest
from hypothesis import given, strategies as st
from llem_contracts import BackendError, GenerationRequest, InferenceBackend, NotSupported
from llem_schema import FrozenDict
from llem_testing import FakeClock, Load, ScriptedBackend, example_config

MS = 1_000_000


def requests_of(*lengths: int) -> list[GenerationRequest]:
    return [GenerationRequest(i, tuple(range(length))) for i, length in enumerate(lengths)]


class TestGenerate:
    def test_each_step_has_its_time(self) -> None:
        clock = FakeClock(monotonic_ns=0)
        backend: InferenceBackend = ScriptedBackend(clock, prefill_s=0.02, step_s=0.005)
        with backend.load(example_config(max_output_tokens=3)) as model:
            (request,) = model.generate(requests_of(5))
        assert request.start_ns == 0
        assert request.token_ns == (25 * MS, 30 * MS, 35 * MS)
        assert (request.input_tokens, request.output_tokens) == (5, 3)

    def test_batches_are_padded_to_their_longest_prompt(self) -> None:
        backend = ScriptedBackend(FakeClock(), batch_size=2)
        with backend.load(example_config()) as model:
            done = model.generate(requests_of(5, 2, 7))
        assert [request.padded_tokens for request in done] == [0, 3, 0]
        assert [request.batch for request in done] == [0, 0, 1]
        assert [len(batch) for batch in backend.batches] == [2, 1]

    def test_natural_lengths_stop_early_and_the_filler_is_counted_apart(self) -> None:
        backend = ScriptedBackend(FakeClock(), natural_length=lambda request: 2 + request.index)
        config = example_config(output_length="natural", max_output_tokens=3)
        with backend.load(config) as model:
            done = model.generate(requests_of(1, 1, 1))
        assert [(r.output_tokens, r.discarded_tokens) for r in done] == [(2, 1), (3, 0), (3, 0)]
        assert [len(request.token_ns) for request in done] == [2, 3, 3]

    def test_progress_is_told_after_each_batch(self) -> None:
        told = list[int]()
        backend = ScriptedBackend(FakeClock(), batch_size=2)
        with backend.load(example_config()) as model:
            model.generate(requests_of(1, 1, 1), told.append)
        assert told == [2, 3]

    @given(
        st.lists(st.integers(1, 9), min_size=1, max_size=9),
        st.integers(1, 4),
        st.sampled_from(["fixed", "natural"]),
    )
    def test_every_computed_position_is_counted_once(
        self, lengths: list[int], batch_size: int, output_length: str
    ) -> None:
        backend = ScriptedBackend(FakeClock(), batch_size=batch_size)
        with backend.load(example_config(output_length=output_length)) as model:
            done = model.generate(requests_of(*lengths))
        assert [request.index for request in done] == list(range(len(lengths)))
        for batch in {request.batch for request in done}:
            rows = [request for request in done if request.batch == batch]
            assert len({r.input_tokens + r.padded_tokens for r in rows}) == 1
            assert len({r.output_tokens + r.discarded_tokens for r in rows}) == 1

    def test_the_load_is_busy_while_it_generates_and_no_longer(self) -> None:
        clock, load = FakeClock(monotonic_ns=0), Load()
        backend = ScriptedBackend(clock, load, load_s=1.0, prefill_s=0.5, step_s=0.5)
        with backend.load(example_config(max_output_tokens=1)) as model:
            model.generate(requests_of(1))
        clock.sleep(1)
        assert load.busy_ns(0, clock.monotonic_ns()) == 1000 * MS


class TestRecords:
    def test_calls_are_kept_in_order(self) -> None:
        backend = ScriptedBackend(FakeClock())
        config = example_config()
        backend.plan(config, [])
        backend.fetch(config)
        with backend.load(config) as model:
            model.reset_peak_memory()
            model.synchronize()
            model.generate(requests_of(1))
            model.memory()
        assert backend.calls == [
            "plan", "fetch", "load", "reset_peak_memory", "synchronize", "generate", "memory",
            "unload",
        ]  # fmt: skip

    def test_what_is_passed_through_arrives(self) -> None:
        backend = ScriptedBackend(FakeClock())
        with backend.load(example_config(passthrough_kwargs={"top": [1]})) as model:
            assert model.effective_config["passthrough_kwargs"] == {"top": (1,)}
        assert backend.configs[0].passthrough_kwargs == FrozenDict({"top": (1,)})

    def test_the_plan_says_what_load_does(self) -> None:
        backend = ScriptedBackend(FakeClock(), uuids=["GPU-1"], logical_devices=["cuda:0"])
        plan = backend.plan(example_config(), [])
        with backend.load(example_config()) as model:
            assert model.devices == ("GPU-1",)
            assert model.effective_config == plan.effective_config
            assert model.shape == plan.shape
        assert plan.devices == ("cuda:0",)


class TestFailures:
    @pytest.mark.parametrize("asked", [{"precision": "fp16"}, {"decoder": {"strategy": "sample"}}])
    def test_what_its_descriptor_does_not_declare_is_refused(
        self, asked: dict[str, object]
    ) -> None:
        backend = ScriptedBackend(FakeClock())
        with pytest.raises(NotSupported), backend.load(example_config(**asked)):
            pass

    def test_fetching_and_loading_fail_on_demand(self) -> None:
        error = BackendError("gone")
        backend = ScriptedBackend(FakeClock(), fetch_error=error, load_error=error)
        with pytest.raises(BackendError, match="gone"):
            backend.fetch(example_config())
        with pytest.raises(BackendError, match="gone"), backend.load(example_config()):
            pass

    def test_the_named_call_of_generate_fails_and_the_model_is_freed(self) -> None:
        backend = ScriptedBackend(FakeClock(), generate_errors={1: BackendError("out of memory")})
        with backend.load(example_config()) as model:
            assert len(model.generate(requests_of(1))) == 1
            with pytest.raises(BackendError, match="out of memory"):
                model.generate(requests_of(1))
        assert backend.calls[-1] == "unload"

    def test_an_interruption_strikes_after_the_first_batch(self) -> None:
        backend = ScriptedBackend(
            FakeClock(), batch_size=1, generate_errors={0: KeyboardInterrupt()}
        )
        with pytest.raises(KeyboardInterrupt), backend.load(example_config()) as model:
            model.generate(requests_of(1, 1))
        assert len(backend.batches) == 1

    def test_a_request_without_output_is_a_mistake_of_the_script(self) -> None:
        backend = ScriptedBackend(FakeClock(), natural_length=lambda request: 0)
        with (
            pytest.raises(BackendError, match="no output"),
            backend.load(example_config(output_length="natural")) as model,
        ):
            model.generate(requests_of(1))


class TestTokenizer:
    @given(st.text(st.characters(codec="utf-8")))
    def test_text_comes_back(self, text: str) -> None:
        with ScriptedBackend(FakeClock()).load(example_config()) as model:
            assert model.tokenizer.decode(model.tokenizer.encode(text)) == text
