import pyarrow as pa
import pytest
from llem_contracts import Sample
from llem_store import PowerProfile, power_profile
from llem_store.tables import samples_batch
from llem_testing import example_samples

S = 1_000_000_000


def profile(samples: list[Sample], devices: tuple[str, ...], steps: int) -> PowerProfile:
    return power_profile(pa.Table.from_batches([samples_batch(samples)]), devices, steps)


def at(seconds: float, power_w: float | None, device: str = "a") -> Sample:
    return Sample(monotonic_ns=int(seconds * S), device=device, power_w=power_w)


class TestPowerProfile:
    def test_means_over_equal_steps(self) -> None:
        samples = [at(0, 10.0), at(1, 20.0), at(2, 40.0), at(3, 50.0), at(4, 60.0)]
        found = profile(samples, ("a",), 2)
        assert found == PowerProfile(0, 4 * S, (15.0, 50.0))

    def test_devices_are_added_up_and_others_left_out(self) -> None:
        samples = [at(t, p, d) for t in (0, 1) for d, p in (("a", 1.0), ("b", 2.0), ("c", 9.0))]
        found = profile(samples, ("a", "b"), 2)
        assert found.power_w == (3.0, 3.0)

    def test_a_device_that_was_not_read_counts_as_it_was_read_last(self) -> None:
        samples = [at(0, 1.0), at(1, 2.0, "b"), at(2, 3.0), at(3, 5.0)]
        found = profile(samples, ("a", "b"), 4)
        assert found.power_w == (None, 3.0, 5.0, 7.0)

    def test_there_are_no_more_steps_than_samples(self) -> None:
        found = profile([at(0, 1.0), at(1, 2.0)], ("a",), 80)
        assert found.power_w == (1.0, 2.0)
        assert profile([at(5, 1.0)], ("a",), 80) == PowerProfile(5 * S, 5 * S, (1.0,))

    @pytest.mark.parametrize("devices", [("b",), ()])
    def test_without_a_power_there_are_no_steps(self, devices: tuple[str, ...]) -> None:
        samples = [at(0, None, "b"), *example_samples(3, "a")]
        assert profile(samples, devices, 10).power_w == ()
