import math
from hashlib import blake2b
from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given, strategies as st
from llem_testing.simulated_gpu.noise import standardised, uniform


class TestNoise:
    @given(st.integers(), st.text(max_size=8), st.text(max_size=8), st.integers(-(10**9), 10**12))
    def test_it_is_the_hash_that_its_text_specifies(
        self, seed: int, device: str, sensor: str, tick: int
    ) -> None:
        message = "/".join([str(seed), device, sensor, str(tick)]).encode()
        eight = blake2b(message, digest_size=8).digest()
        top_52_bits = sum(byte << (8 * place) for place, byte in enumerate(reversed(eight))) >> 12
        assert uniform(seed, device, sensor, tick) == (2 * top_52_bits + 1) / 2**53

    def test_its_value_for_one_message_never_changes(self) -> None:
        assert uniform(0, "GPU-a", "energy", 7) == 0.5347400928107399

    @pytest.mark.parametrize("shape", ["gaussian", "uniform"])
    def test_mean_is_0_and_deviation_1(self, shape: str) -> None:
        values = [standardised(shape, uniform(1, "GPU-a", "energy", k)) for k in range(20_000)]
        assert fmean(values) == pytest.approx(0, abs=0.03)
        assert pstdev(values) == pytest.approx(1, abs=0.03)

    def test_gaussian_is_the_inverse_of_the_normal_distribution(self) -> None:
        assert NormalDist().cdf(standardised("gaussian", 0.8)) == pytest.approx(0.8)

    def test_uniform_ends_at_the_square_root_of_3(self) -> None:
        assert standardised("uniform", 1.0) == math.sqrt(3)
