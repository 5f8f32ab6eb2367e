"""Brings the devices to their working heat before the window (CM-22)."""

from collections import defaultdict
from collections.abc import Sequence

from llem_contracts import (
    GenerationRequest,
    LoadedModel,
    MeterSession,
    PhaseSkipped,
    Sample,
)
from llem_schema import HeatRecord, NotMeasured, WarmupConfig

from llem_harness.phases import phase
from llem_harness.ports import Ports
from llem_harness.steadiness import STEADY_CV, second_means_w, variation
from llem_harness.warmup import run_once

LOOK_BACK_S = 10
"""Span over which power and temperature must be steady."""
_STEADY_RANGE_C = 2.0


def heat(
    config: WarmupConfig,
    loaded: LoadedModel,
    batch: Sequence[GenerationRequest],
    session: MeterSession,
    ports: Ports,
    no_energy: NotMeasured | None,
) -> HeatRecord:
    """Keep the load on until the devices are steady, or wait idle, or do nothing."""
    if config.thermal == "off":
        return _skip(config, ports, "`warmup.thermal` is off, or the start is cold")
    if no_energy is not None:
        return _skip(config, ports, f"there is no power to settle ({no_energy.reason})")
    if config.thermal == "floor":
        return _wait(config, ports)
    return _plateau(config, loaded, batch, session, ports)


def is_steady(samples: Sequence[Sample], now_ns: int) -> bool:
    """Power and temperature of the last `LOOK_BACK_S` seconds are steady.

    The 1-s means of each device's power vary by at most 5 % (coefficient of variation of their
    sum), and no device's temperature by 2 C or more. Every second must hold a sample.
    """
    means_w = second_means_w(samples, now_ns, LOOK_BACK_S)
    cv = None if means_w is None else variation(means_w)
    if cv is None or cv > STEADY_CV:
        return False
    temperature: defaultdict[str, list[float]] = defaultdict(list)
    for sample in samples:
        age_s = (now_ns - sample.monotonic_ns) / 1e9
        if sample.temperature_c is not None and 0 <= age_s < LOOK_BACK_S:
            temperature[sample.device].append(sample.temperature_c)
    return all(max(values) - min(values) < _STEADY_RANGE_C for values in temperature.values())


def _plateau(
    config: WarmupConfig,
    loaded: LoadedModel,
    batch: Sequence[GenerationRequest],
    session: MeterSession,
    ports: Ports,
) -> HeatRecord:
    clock = ports.clock
    limit_s = config.thermal_floor_seconds
    started_ns = clock.monotonic_ns()
    elapsed_s = 0.0
    settled = False
    watched = session.sample_period_s is not None
    with phase("heat", ports.listener, clock, total=limit_s, unit="s") as progress:
        while not settled and elapsed_s < limit_s:
            run_once(loaded, batch, clock.monotonic_ns)
            now_ns = clock.monotonic_ns()
            elapsed_s = (now_ns - started_ns) / 1e9
            progress(min(elapsed_s, limit_s), None)
            settled = elapsed_s >= LOOK_BACK_S and is_steady(
                session.samples(now_ns - LOOK_BACK_S * 1_000_000_000), now_ns
            )
    if settled:
        note = "power and temperature were steady under load"
    elif watched:
        note = f"power and temperature were not steady after {limit_s:g} s under load"
    else:
        note = f"{limit_s:g} s under load; the meter keeps no series that would show a plateau"
    return HeatRecord(
        mode="plateau", settled=settled if watched else None, duration_s=elapsed_s, note=note
    )


def _wait(config: WarmupConfig, ports: Ports) -> HeatRecord:
    seconds = config.thermal_floor_seconds
    with phase("heat", ports.listener, ports.clock, total=seconds, unit="s") as progress:
        waited = 0.0
        while waited < seconds:
            step = min(1.0, seconds - waited)
            ports.clock.sleep(step)
            waited += step
            progress(waited, None)
    return HeatRecord(
        mode="floor", settled=None, duration_s=seconds, note="a fixed wait without load"
    )


def _skip(config: WarmupConfig, ports: Ports, reason: str) -> HeatRecord:
    ports.listener(PhaseSkipped(phase="heat", reason=reason))
    return HeatRecord(mode=config.thermal, settled=None, duration_s=0.0, note=reason)
