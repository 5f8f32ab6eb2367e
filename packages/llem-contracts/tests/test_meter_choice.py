"""`auto` takes the most accurate meter that can read the run's devices (CM-14)."""

from collections.abc import Sequence
from typing import Any

import pytest
from llem_contracts import (
    NO_PERMISSION,
    ConfigError,
    Meter,
    MeterCandidate,
    MeterDescriptor,
    MeterSession,
    NotSupported,
    Plugin,
    PluginError,
    Problem,
    choose_meter,
    meter_candidates,
)
from llem_schema import AcceleratorFacts, DeviceFacts, HostFacts, RunSettings

GPU = AcceleratorFacts(
    uuid="GPU-1",
    name="a GPU",
    index=0,
    pci_bus_id="0000:01:00.0",
    driver_version="570",
    memory_total_mib=None,
    power_limit_w=None,
    power_limit_default_w=None,
    power_limit_min_w=None,
    power_limit_max_w=None,
    sm_clock_max_mhz=None,
    memory_clock_max_mhz=None,
    ecc_enabled=None,
    persistence_mode=None,
    mig_enabled=None,
)
HOST = HostFacts(name=None, logical_cores=2, usable_cores=2, memory_total_mib=None)
NO_DRIVER = Problem(code="no_driver", message="there is no driver", cure="Install one.")
SLOW = Problem(code="slow", message="it is slow", cure="Wait.", blocking=False)


class DoubleOfMeter:
    """Has the problems that it is given, and cannot be opened."""

    def __init__(self, *problems: Problem) -> None:
        self._problems = problems

    def problems(self, devices: Sequence[DeviceFacts]) -> tuple[Problem, ...]:
        return self._problems

    def open(self, devices: Sequence[str], sample_period_s: float | None = None) -> MeterSession:
        raise NotSupported("this double measures nothing")


def candidate(
    name: str,
    *problems: Problem,
    rank: int = 10,
    kinds: Sequence[str] = ("accelerator", "host"),
    senses: bool = True,
    error: Exception | None = None,
) -> MeterCandidate:
    descriptor = MeterDescriptor(
        name=name,
        summary="",
        factory="nowhere:nothing",
        device_kinds=frozenset(kinds),  # type: ignore[arg-type]
        rank=rank,
        automatic=True,
        senses=senses,
    )

    def create() -> Meter:
        if error is not None:
            raise error
        return DoubleOfMeter(*problems)

    return MeterCandidate(Plugin(name, f"dist-{name}", "1.2", descriptor, None), create)


class TestAuto:
    def test_lowest_rank_wins_whatever_the_order_and_the_names(self) -> None:
        candidates = [candidate("average", rank=20), candidate("counter", rank=10)]
        for order in (candidates, candidates[::-1]):
            choice = choose_meter("auto", order, [GPU])
            assert choice is not None
            assert choice.name == "counter"
            assert choice.meter is not None
            assert choice.reason.startswith("the most accurate meter")

    def test_equal_ranks_are_decided_by_name(self) -> None:
        choice = choose_meter("auto", [candidate("b"), candidate("a")], [GPU])
        assert choice is not None
        assert choice.name == "a"

    def test_meter_with_a_blocking_problem_is_passed_over_with_its_reason(self) -> None:
        choice = choose_meter(
            "auto", [candidate("counter", NO_DRIVER), candidate("integral", rank=20)], [GPU]
        )
        assert choice is not None
        assert choice.name == "integral"
        assert choice.rejected == {"counter": "there is no driver"}

    def test_meter_that_lacks_permission_is_passed_over_with_the_cure(self) -> None:
        problem = Problem(code=NO_PERMISSION, message="only root may", cure="Run `chmod`.")
        choice = choose_meter("auto", [candidate("a", problem), candidate("b", rank=20)], [HOST])
        assert choice is not None
        assert choice.rejected == {"a": "only root may (Run `chmod`)"}

    def test_problem_that_does_not_block_comes_along(self) -> None:
        choice = choose_meter("auto", [candidate("counter", SLOW)], [GPU])
        assert choice is not None
        assert choice.meter is not None
        assert choice.problems == (SLOW,)

    def test_meter_of_another_kind_of_device_is_not_even_created(self) -> None:
        choice = choose_meter(
            "auto",
            [
                candidate("gpu", kinds=["accelerator"], error=AssertionError("created")),
                candidate("host", rank=20, kinds=["host"]),
            ],
            [HOST],
        )
        assert choice is not None
        assert choice.name == "host"
        assert choice.rejected == {"gpu": "it meters accelerators, and this run uses the host CPU"}

    def test_all_devices_of_the_run_must_be_readable(self) -> None:
        choice = choose_meter("auto", [candidate("gpu", kinds=["accelerator"])], [GPU, HOST])
        assert choice is None

    def test_meter_that_cannot_be_set_up_is_passed_over(self) -> None:
        choice = choose_meter(
            "auto",
            [candidate("a", error=PluginError("it is broken")), candidate("b", rank=20)],
            [GPU],
        )
        assert choice is not None
        assert choice.name == "b"
        assert choice.rejected == {"a": "it is broken"}

    def test_meter_that_reads_nothing_comes_last_and_says_why(self) -> None:
        choice = choose_meter(
            "auto",
            [candidate("none", rank=99, senses=False), candidate("nvml", NO_DRIVER)],
            [GPU],
        )
        assert choice is not None
        assert choice.name == "none"
        assert choice.reason == "no sensor can be read: nvml: there is no driver"

    def test_meter_that_reads_nothing_says_so_when_it_is_alone(self) -> None:
        choice = choose_meter("auto", [candidate("none", rank=99, senses=False)], [GPU])
        assert choice is not None
        assert choice.reason == "no sensor can be read: no meter is installed"

    def test_no_candidate_is_no_choice(self) -> None:
        assert choose_meter("auto", [], [GPU]) is None


class TestByName:
    def test_sound_meter_was_asked_for(self) -> None:
        choice = choose_meter("nvml", [candidate("nvml")], [GPU])
        assert choice is not None
        assert choice.meter is not None
        assert choice.reason == "asked for by name"
        assert choice.version == "1.2"

    def test_meter_with_problems_is_returned_with_them(self) -> None:
        choice = choose_meter("nvml", [candidate("nvml", NO_DRIVER, SLOW)], [GPU])
        assert choice is not None
        assert choice.meter is None
        assert choice.problems == (NO_DRIVER, SLOW)
        assert choice.rejected == {}

    def test_meter_of_another_kind_of_device_has_a_problem(self) -> None:
        choice = choose_meter("nvml", [candidate("nvml", kinds=["accelerator"])], [HOST])
        assert choice is not None
        assert choice.meter is None
        assert [problem.code for problem in choice.problems] == ["meter_not_applicable"]

    def test_error_of_the_factory_becomes_a_problem_with_its_cure(self) -> None:
        error = PluginError("it is broken", cure="Mend it.")
        choice = choose_meter("nvml", [candidate("nvml", error=error)], [GPU])
        assert choice is not None
        (problem,) = choice.problems
        assert (problem.code, problem.message, problem.cure) == (
            "meter_unusable",
            "it is broken",
            "Mend it.",
        )


DESCRIPTOR = """
from llem_contracts import MeterDescriptor
IT = MeterDescriptor(
    name={name!r}, summary="", factory="nowhere:nothing", device_kinds=frozenset({{"host"}}),
    rank=10, automatic={automatic}, requires={requires},
)
"""


def put_meter(shelf: Any, name: str, *, automatic: bool = True, requires: str = "()") -> None:
    source = DESCRIPTOR.format(name=name, automatic=automatic, requires=requires)
    module = shelf.module(name, source)
    shelf.distribution(f"dist-{name}", "llem.meters", {name: f"{module}:IT"})


class TestCandidates:
    def names(self, asked: str, shelf: Any) -> list[str]:
        return [c.plugin.name for c in meter_candidates(asked, RunSettings(), shelf)]

    def test_auto_leaves_out_meters_that_do_not_allow_it(self, shelf: Any) -> None:
        put_meter(shelf, "counter")
        put_meter(shelf, "estimate", automatic=False)
        assert self.names("auto", shelf) == ["counter"]

    def test_auto_leaves_out_broken_meters(self, shelf: Any) -> None:
        put_meter(shelf, "counter")
        broken = shelf.module("broken", "raise RuntimeError('no')")
        shelf.distribution("dist-broken", "llem.meters", {"broken": f"{broken}:IT"})
        assert self.names("auto", shelf) == ["counter"]

    def test_name_gives_that_meter_also_when_auto_would_not(self, shelf: Any) -> None:
        put_meter(shelf, "counter")
        put_meter(shelf, "estimate", automatic=False)
        assert self.names("estimate", shelf) == ["estimate"]

    def test_unknown_name_is_refused_with_the_nearest(self, shelf: Any) -> None:
        put_meter(shelf, "counter")
        with pytest.raises(ConfigError) as caught:
            meter_candidates("contuer", RunSettings(), shelf)
        assert caught.value.cure == "Did you mean 'counter'?"

    def test_broken_meter_asked_for_by_name_is_refused(self, shelf: Any) -> None:
        broken = shelf.module("broken", "raise RuntimeError('no')")
        shelf.distribution("dist-broken", "llem.meters", {"broken": f"{broken}:IT"})
        with pytest.raises(PluginError, match="is broken"):
            meter_candidates("broken", RunSettings(), shelf)

    def test_meter_without_its_library_is_passed_over_by_auto(self, shelf: Any) -> None:
        put_meter(shelf, "counter", requires="('no_such_library',)")
        candidates = meter_candidates("auto", RunSettings(), shelf)
        fallback = candidate("none", rank=99, senses=False)
        choice = choose_meter("auto", [*candidates, fallback], [HOST])
        assert choice is not None
        assert choice.name == "none"
        assert "no_such_library, which is not installed" in choice.rejected["counter"]
