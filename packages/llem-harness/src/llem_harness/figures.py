"""The figures of a run: pure functions of what was gathered, each in its own module."""

from dataclasses import dataclass

from llem_contracts import FlopsCounter
from llem_schema import ColdStart, Latency, NotMeasured

from llem_harness.carbon import CarbonFigures, EnergyShare, carbon_figures
from llem_harness.cold_start import cold_start_of
from llem_harness.energy import EnergyFigures, energy_figures
from llem_harness.flops import FlopsFigures, flops_figures
from llem_harness.gathered import Gathered
from llem_harness.host import HostFigures, host_figures
from llem_harness.latency import latency_gaps, latency_of
from llem_harness.methodology import Methodology, methodology_of
from llem_harness.prefill import PhaseFigures, phase_figures
from llem_harness.spread import Spread, spread_of
from llem_harness.throttling import ThrottlingFigures, throttling_figures


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All of them, each with the reasons for what it lacks."""

    energy: EnergyFigures
    phases: PhaseFigures
    host: HostFigures
    carbon: CarbonFigures
    spread: Spread
    latency: Latency
    flops: FlopsFigures
    throttling: ThrottlingFigures
    methodology: Methodology
    cold_start: ColdStart | None

    def missing(self) -> dict[str, NotMeasured]:
        """Why each None of the figures is one, by its path in the result."""
        missing = dict(self.energy.missing)
        for figures in (
            self.phases,
            self.host,
            self.carbon,
            self.spread,
            self.flops,
            self.throttling,
            self.methodology,
        ):
            missing |= figures.missing
        return missing | latency_gaps(self.latency)


def figures_of(run: Gathered, counter: FlopsCounter) -> Figures:
    """What follows from the parts of a run."""
    config, ready, window = run.order.config, run.ready, run.window
    reading = window.reading
    phases = phase_figures(window, run.prefill)
    energy = energy_figures(
        reading,
        run.baseline,
        ready.no_energy,
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        requests=len(run.requests),
        phases=phases.record,
    )
    no_total = energy.missing.get("energy_total_j")
    host = (
        host_figures(reading, ready.meter, no_total)
        if run.on_host
        else host_figures(window.host, ready.host.choice, run.no_host)
    )
    return Figures(
        energy=energy,
        phases=phases,
        host=host,
        carbon=carbon_figures(
            run.order.settings,
            _energy_shares(energy, host, on_host=run.on_host),
            no_total,
            output_tokens=run.output_tokens,
        ),
        spread=spread_of(
            window.passes,
            reading.start_ns,
            reading.end_ns,
            energy,
            run.samples,
            run.sample_period_s,
        ),
        latency=_latency(run),
        flops=flops_figures(
            counter,
            run.loaded.shape,
            run.requests,
            ready.devices,
            precision=config.precision,
            duration_s=reading.duration_s,
        ),
        throttling=throttling_figures(reading, ready.meter.name, ready.no_energy),
        methodology=methodology_of(config, reading, run.samples),
        cold_start=cold_start_of(config, run.loaded.load_s, window),
    )


def _latency(run: Gathered) -> Latency:
    """Of the window's requests, or of the pass in which alone the steps were timed."""
    if run.timed is None:
        return latency_of(run.window.passes)
    return latency_of((run.timed.requests,)).model_copy(
        update={"mode": "separate", "overhead_share": run.timed.overhead_share}
    )


def _energy_shares(
    energy: EnergyFigures, host: HostFigures, *, on_host: bool
) -> tuple[EnergyShare, ...]:
    """Whose gross energy there is; in a run on the CPU the total is the host's."""
    shares = []
    if energy.energy_total_j is not None:
        whose = "host" if on_host else "accelerators"
        shares.append(EnergyShare(whose, energy.energy_total_j, energy.energy_uncertainty_j))
    if not on_host and host.energy_host_j is not None and host.record is not None:
        shares.append(EnergyShare("host", host.energy_host_j, host.record.uncertainty_j))
    return tuple(shares)
