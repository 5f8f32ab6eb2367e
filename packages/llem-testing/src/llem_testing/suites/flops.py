"""What every FLOPs counter promises."""

import pytest
from llem_contracts import FlopsCounter, NotSupported, RequestTokens
from llem_schema import ModelShape, Precision, WeightBits

from llem_testing.cases import example_shape
from llem_testing.suites.base import ContractSuite

_INPUT, _OUTPUT = 300, 100
_REQUEST = (RequestTokens(_INPUT, _OUTPUT),)
_NOBODYS_DEVICE = "Example GPU that nobody makes"
_BITS: tuple[WeightBits | None, ...] = (None, 8, 4)
_WEIGHT_BYTES: dict[Precision, int] = {"fp32": 4, "fp16": 2, "bf16": 2}


class FlopsSuite(ContractSuite):
    """The contract of `llem_contracts.FlopsCounter`. A subclass gives `make_counter`."""

    def make_counter(self) -> FlopsCounter:
        """A new counter."""
        raise NotImplementedError

    def test_the_parts_make_the_total(self) -> None:
        counted = self.make_counter().count(example_shape(), _REQUEST)
        assert counted.flops_prefill > 0
        assert counted.flops_decode > 0
        assert counted.flops_total == pytest.approx(counted.flops_prefill + counted.flops_decode)

    def test_more_tokens_take_more_operations(self) -> None:
        counter = self.make_counter()
        base = counter.count(example_shape(), _REQUEST)
        prompt = counter.count(example_shape(), [RequestTokens(_INPUT + 1, _OUTPUT)])
        output = counter.count(example_shape(), [RequestTokens(_INPUT, _OUTPUT + 1)])
        assert prompt.flops_prefill > base.flops_prefill
        assert output.flops_decode > base.flops_decode
        assert output.flops_prefill == base.flops_prefill

    def test_an_output_token_carries_its_share_of_the_total(self) -> None:
        counted = self.make_counter().count(example_shape(), _REQUEST)
        assert counted.flops_per_output_token == pytest.approx(counted.flops_total / _OUTPUT)

    def test_without_output_there_is_no_figure_per_output_token(self) -> None:
        counted = self.make_counter().count(example_shape(), [RequestTokens(_INPUT, 0)])
        assert counted.flops_per_output_token is None
        assert counted.flops_decode == 0

    def test_the_matrix_units_count_is_told_apart_by_phase_and_has_the_attention_inside(
        self,
    ) -> None:
        """A counter that does not know what the matrix units do gives none of these figures."""
        counted = self.make_counter().count(example_shape(), _REQUEST)
        parts = (
            counted.flops_matmul_prefill,
            counted.flops_matmul_decode,
            counted.flops_matmul_attention_prefill,
            counted.flops_matmul_attention_decode,
        )
        if counted.flops_matmul_total is None:
            assert parts == (None,) * 4
            return
        prefill, decode, attention_prefill, attention_decode = (part or 0.0 for part in parts)
        assert counted.flops_matmul_total == pytest.approx(prefill + decode)
        assert 0 < attention_prefill < prefill
        assert 0 < attention_decode < decode

    def test_requests_count_one_by_one(self) -> None:
        """The length of each matters: attention to a long prompt costs more than to two short ones
        of the same tokens."""
        counter = self.make_counter()
        uneven = counter.count(example_shape(), [RequestTokens(590, 10), RequestTokens(10, 190)])
        even = counter.count(example_shape(), [RequestTokens(300, 100)] * 2)
        assert uneven.flops_total == pytest.approx(even.flops_total)
        if uneven.flops_matmul_attention_prefill is not None:
            assert even.flops_matmul_attention_prefill is not None
            assert uneven.flops_matmul_attention_prefill > even.flops_matmul_attention_prefill

    def test_padding_costs_nothing_and_its_share_is_told(self) -> None:
        counter = self.make_counter()
        bare = counter.count(example_shape(), _REQUEST)
        padded = counter.count(example_shape(), [RequestTokens(_INPUT, _OUTPUT, 50, 20)])
        assert bare.padding_share == 0
        assert padded.padding_share == pytest.approx(70 / (50 + _INPUT + _OUTPUT - 1 + 20))
        assert padded == bare.model_copy(update={"padding_share": padded.padding_share})

    def test_what_the_devices_can_do_is_left_to_the_caller(self) -> None:
        counted = self.make_counter().count(example_shape(), _REQUEST)
        assert (counted.peak_flops_per_s, counted.peak_source, counted.mfu) == (None, None, None)

    def test_a_device_that_nobody_knows_has_no_peak(self) -> None:
        assert self.make_counter().peak(_NOBODYS_DEVICE, "bf16") is None

    def test_the_method_has_a_name(self) -> None:
        assert self.make_counter().count(example_shape(), _REQUEST).method

    def test_parameters_are_those_of_the_shape(self) -> None:
        shape = example_shape()
        total, embedding = shape.counted_parameters, shape.counted_embedding_parameters
        assert total is not None
        assert embedding is not None
        counted = self.make_counter().count(shape, _REQUEST)
        assert counted.parameters_total == total
        assert counted.parameters_non_embedding == total - embedding

    def test_the_confidence_is_that_of_the_source(self) -> None:
        """Dimensions give `high`, the engine's count `medium`, a total alone `low`; a counter that
        needs more than a shape tells refuses it."""
        for confidence, shape in (
            ("high", example_shape()),
            ("medium", _counted_only()),
            ("low", _total_only()),
        ):
            try:
                counted = self.make_counter().count(shape, _REQUEST)
            except NotSupported:
                assert confidence != "high"
            else:
                assert counted.confidence == confidence

    def test_a_total_alone_tells_nothing_of_the_embeddings(self) -> None:
        try:
            counted = self.make_counter().count(_total_only(), _REQUEST)
        except NotSupported:
            pytest.skip("the counter refuses a shape that gives a total alone")
        assert counted.parameters_non_embedding is None

    def test_a_shape_that_tells_nothing_is_not_supported_with_the_reason(self) -> None:
        with pytest.raises(NotSupported) as caught:
            self.make_counter().count(_unknown(), _REQUEST)
        assert str(caught.value)

    def test_memory_holds_every_weight(self) -> None:
        shape = example_shape()
        assert shape.counted_parameters is not None
        for precision, bytes_each in _WEIGHT_BYTES.items():
            estimate = self.make_counter().memory(shape, precision, 1, 16)
            weights_mib = shape.counted_parameters * bytes_each / 2**20
            assert estimate.weights_mib == pytest.approx(weights_mib), precision

    def test_keys_and_values_grow_with_sequences_and_with_tokens(self) -> None:
        counter = self.make_counter()
        base = counter.memory(example_shape(), "fp32", 1, 16).kv_cache_mib
        wider = counter.memory(example_shape(), "fp32", 2, 16).kv_cache_mib
        longer = counter.memory(example_shape(), "fp32", 1, 32).kv_cache_mib
        assert base is not None
        assert base > 0
        assert wider == pytest.approx(2 * base)
        assert longer == pytest.approx(2 * base)

    def test_the_total_memory_is_that_of_its_parts(self) -> None:
        estimate = self.make_counter().memory(example_shape(), "fp32", 4, 128)
        assert estimate.kv_cache_mib is not None
        assert estimate.total_mib == pytest.approx(
            estimate.weights_mib + estimate.kv_cache_mib + (estimate.activations_mib or 0.0)
        )

    def test_a_prompt_that_is_computed_at_once_never_takes_less(self) -> None:
        counter = self.make_counter()
        decoding = counter.memory(example_shape(), "bf16", 4, 128)
        prompt = counter.memory(example_shape(), "bf16", 4, 128, input_length=100)
        assert prompt.total_mib >= decoding.total_mib

    def test_quantised_weights_take_less(self) -> None:
        counter = self.make_counter()
        whole, eight, four = (
            counter.memory(example_shape(), "bf16", 1, 16, weight_bits=bits).weights_mib
            for bits in _BITS
        )
        assert whole > eight > four

    def test_without_dimensions_keys_and_values_are_not_known(self) -> None:
        estimate = self.make_counter().memory(_counted_only(), "fp32", 1, 16)
        assert estimate.kv_cache_mib is None
        assert estimate.total_mib == estimate.weights_mib

    def test_memory_of_a_shape_without_parameters_is_not_supported(self) -> None:
        with pytest.raises(NotSupported) as caught:
            self.make_counter().memory(_unknown(), "fp32", 1, 16)
        assert str(caught.value)


def _counted_only() -> ModelShape:
    return example_shape().model_copy(update={"dimensions": None})


def _total_only() -> ModelShape:
    return _counted_only().model_copy(update={"counted_embedding_parameters": None})


def _unknown() -> ModelShape:
    return _total_only().model_copy(update={"counted_parameters": None})
