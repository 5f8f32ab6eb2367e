"""Memory of weights, keys and values."""

import pytest
from hypothesis import given, strategies as st
from llem_contracts import NotSupported
from llem_flops import PalmCounter, key_value_bytes, memory_estimate
from llem_schema import Precision

from .shapes import GPT2, LLAMA_3_1_8B, shape

MIB = 2**20
SIZE = st.integers(min_value=1, max_value=4096)


class TestWeights:
    @pytest.mark.parametrize(("precision", "bytes_each"), [("fp32", 4), ("fp16", 2), ("bf16", 2)])
    def test_all_parameters_count_embeddings_included(
        self, precision: Precision, bytes_each: int
    ) -> None:
        estimate = memory_estimate(shape(GPT2.dimensions), precision, batch_size=1, length=0)
        assert estimate.weights_mib == 124_439_808 * bytes_each / MIB

    def test_a_shape_without_parameters_is_refused(self) -> None:
        with pytest.raises(NotSupported, match="not known"):
            memory_estimate(shape(None), "bf16", 1, 1)

    def test_a_mixture_of_experts_holds_all_it_counts(self) -> None:
        mixture = shape(LLAMA_3_1_8B.dimensions, counted=MIB * 1000, experts=8)
        estimate = memory_estimate(mixture, "bf16", 1, 0)
        assert estimate.weights_mib == 2000


class TestKeysAndValues:
    def test_llama_3_1_8b_takes_128_kib_a_token_in_bf16(self) -> None:
        # 2 x 32 layers x 8 key-value heads x 128 x 2 bytes
        assert key_value_bytes(LLAMA_3_1_8B.dimensions, "bf16", 1, 1) == 128 * 1024

    def test_batch_and_length_multiply(self) -> None:
        estimate = memory_estimate(shape(LLAMA_3_1_8B.dimensions), "bf16", 8, 1024)
        assert estimate.kv_cache_mib == 1024

    def test_unknown_dimensions_leave_them_out_of_the_total(self) -> None:
        estimate = memory_estimate(shape(None, counted=MIB), "fp32", 8, 1024)
        assert (estimate.weights_mib, estimate.kv_cache_mib, estimate.total_mib) == (4, None, 4)

    @pytest.mark.parametrize(("batch_size", "length"), [(0, 1), (1, -1)])
    def test_impossible_sizes_are_refused(self, batch_size: int, length: int) -> None:
        with pytest.raises(ValueError, match="at least 1"):
            memory_estimate(shape(GPT2.dimensions), "fp32", batch_size, length)


class TestLaws:
    @given(SIZE, SIZE, SIZE)
    def test_a_longer_text_never_takes_less(self, batch: int, length: int, more: int) -> None:
        short = PalmCounter().memory(shape(GPT2.dimensions), "fp16", batch, length)
        long = PalmCounter().memory(shape(GPT2.dimensions), "fp16", batch, length + more)
        assert short.total_mib < long.total_mib

    @given(SIZE, SIZE)
    def test_fp32_takes_twice_what_bf16_takes(self, batch: int, length: int) -> None:
        half = memory_estimate(shape(GPT2.dimensions), "bf16", batch, length)
        full = memory_estimate(shape(GPT2.dimensions), "fp32", batch, length)
        assert full.total_mib == pytest.approx(2 * half.total_mib)
