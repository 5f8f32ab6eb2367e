"""A subset of the benchmark's windows in real time, through the sampler process.

The windows are those of `cases.py` with another start. The driver is simulated, in this process and
in the sampler's; clock, polling, log and estimators are what every user runs. A few windows pass at
a time, so that the sampler processes also compete for the machine as on a shared one.

Run with `hatch run bench:real_time`; written to `real_time.md`.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean, median

from cases import CLASSES, GAIN_ONE, Case
from llem_contracts import SystemClock
from llem_energy import NvmlLibrary, NvmlMeter, ProcessSampler
from llem_energy.card_shelf import CardShelf
from llem_testing.simulated_gpu import (
    SCENARIO_VARIABLE,
    ConstantPower,
    Scenario,
    SimulatedNvml,
    write_scenario,
)
from tables import OURS, Outcome
from workloads import IDLE_W

FOLDER = Path(__file__).parent
WORKLOADS = ("constant", "square 130 ms", "bursts", "decoding", "back to back")
LENGTHS_S = (0.3, 1.0)
AT_A_TIME = 4
OPENS_BEFORE_NS = 3_000_000
BINDING = "llem_testing.simulated_gpu.binding:BINDING"


def measure(case: Case) -> Outcome:
    """Open a meter on the simulated board, let the window pass, ask for its energy."""
    with tempfile.TemporaryDirectory() as place:
        shelf = CardShelf(Path(place), "simulated")
        idle = [
            gpu.model_copy(update={"power": ConstantPower(power_w=IDLE_W)})
            for gpu in case.scenario().gpus
        ]
        known = Scenario(gpus=tuple(idle), start_ns=time.monotonic_ns())
        _meter(known, place, shelf).open([gpu.uuid for gpu in idle]).close()

        first_ns, last_ns = case.window_ns()
        scenario = case.scenario()
        moved_ns = time.monotonic_ns() - scenario.start_ns
        scenario = scenario.model_copy(update={"start_ns": scenario.start_ns + moved_ns})
        session = _meter(scenario, place, shelf).open([gpu.uuid for gpu in scenario.gpus])
        # A program opens its window and then works: the load must not begin before it by as much
        # as a sleep oversleeps.
        _sleep_until(first_ns + moved_ns - OPENS_BEFORE_NS)
        window = session.begin("window")
        _sleep_until(last_ns + moved_ns)
        window.end()
        reading = window.reading()
        session.close()
    true_j = case.true_j(scenario, reading.start_ns, reading.end_ns)
    absolute = case.sensors not in GAIN_ONE
    return Outcome(
        sensors=case.sensors,
        workload=case.workload,
        length_s=case.length_s,
        seed=case.seed,
        tool=OURS,
        true_j=true_j,
        sensed_j=case.sensed_j(true_j),
        energy_j=reading.energy_j,
        half_width_j=reading.uncertainty_j if absolute else reading.comparison_uncertainty_j,
    )


def _meter(scenario: Scenario, place: str, shelf: CardShelf) -> NvmlMeter:
    """On the scenario here, and on the same in the sampler process that it will start."""
    file = Path(place, "machine.json")
    write_scenario(scenario, file)
    os.environ["LLEM_NVML_BINDING"] = BINDING
    os.environ[SCENARIO_VARIABLE] = str(file)
    clock = SystemClock()
    library = NvmlLibrary(SimulatedNvml(scenario), clock, simulated=True)
    return NvmlMeter(library, clock, ProcessSampler, shelf)


def _sleep_until(at_ns: int) -> None:
    time.sleep(max(at_ns - time.monotonic_ns(), 0) / 1e9)


def page(outcomes: list[Outcome], took_s: float) -> str:
    rows = []
    held = []
    for sensors in CLASSES:
        told = [o for o in outcomes if o.sensors == sensors and o.error is not None]
        if not told:
            continue
        errors = [o.error or 0.0 for o in told]
        widths = [100 * (o.half_width_j or 0.0) / o.true_j for o in told]
        inside = [error <= width for error, width in zip(errors, widths, strict=True)]
        held += inside
        asked = sum(o.sensors == sensors for o in outcomes)
        rows.append(
            f"| {sensors} | {asked} | {asked - len(told)} | {fmean(errors):.3f} % "
            f"| {max(errors):.3f} % | {median(widths):.3f} % | {sum(inside)} of {len(inside)} |"
        )
    return "\n".join(
        [
            "# Accuracy in real time",
            "",
            f"{datetime.now(tz=UTC):%Y-%m-%d}. {len(outcomes)} windows through the sampler "
            f"process, {AT_A_TIME} at a time, in {took_s:.0f} s; load average "
            f"{os.getloadavg()[0]:.1f}. "
            f"Workloads: {', '.join(WORKLOADS)}; lengths: "
            f"{', '.join(f'{length:g} s' for length in LENGTHS_S)}. Written by "
            "`hatch run bench:real_time`.",
            "",
            f"The stated interval (k = 2) held the truth in {sum(held)} of {len(held)} windows.",
            "",
            "| sensors | windows | refused | mean error | largest | median half-width | held |",
            "|---|---:|---:|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="windows in each cell")
    options = parser.parse_args()
    cases = [
        Case(sensors, workload, length_s, seed)
        for seed in range(options.seeds)
        for sensors in CLASSES
        for workload in WORKLOADS
        for length_s in LENGTHS_S
    ]
    started_s = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(AT_A_TIME) as pool:
        outcomes = pool.map(measure, cases, chunksize=1)
    text = page(outcomes, time.monotonic() - started_s)
    print(text)
    (FOLDER / "real_time.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
