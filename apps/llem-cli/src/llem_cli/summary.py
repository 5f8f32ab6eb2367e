"""The summary of a run, as text."""

from collections.abc import Iterable, Iterator

from llem_schema import ENERGY_ESTIMATED, HOST_ID, ExperimentResult, HostRecord, Percentiles

from llem_cli.layout import joules, row, told_once


def summary_lines(result: ExperimentResult, result_dir: str) -> Iterable[str]:
    """What a person wants to know, in the order in which they ask."""
    return once_without_energy(result, _summary_lines(result, result_dir))


def once_without_energy(result: ExperimentResult, lines: Iterable[str]) -> Iterable[str]:
    """Lines in which the reason why there is no energy stands once: much else follows from it."""
    why = result.not_measured.get("energy_total_j")
    return lines if why is None else told_once(lines, why.reason)


def _summary_lines(result: ExperimentResult, result_dir: str) -> Iterator[str]:
    devices = ", ".join(result.meter.devices) or "no metered device"
    yield (
        f"{result.model.name} on {result.backend.name}, {result.config.precision}, {devices}: "
        f"{result.requests} requests in {result.passes} "
        f"{'pass' if result.passes == 1 else 'passes'}, {result.window_duration_s:.1f} s"
    )
    yield ""
    yield from _energy(result)
    if result.meter.devices != (HOST_ID,):
        yield from _host_beside(result)
    yield from _emissions(result)
    yield row("Throughput", f"{result.output_tokens_per_s:,.1f} output tokens/s{_strays(result)}")
    yield row("Latency", f"time to first token {_spread(result.latency.ttft)}")
    if result.latency.itl is not None:
        yield row("", f"between tokens      {_spread(result.latency.itl)}")
    yield row("", f"whole request       {_spread(result.latency.e2e)}")
    yield row(
        "Tokens",
        f"{result.input_tokens:,} in, {result.output_tokens:,} out, {result.padded_tokens:,} "
        f"padding, {result.discarded_tokens:,} discarded",
    )
    yield _flops(result)
    memory = result.memory
    yield row(
        "Memory",
        f"{memory.model_memory_mib:,.0f} MiB with the model loaded, "
        f"{memory.peak_memory_mib:,.0f} MiB at most ({memory.source.replace('_', ' ')})",
    )
    whole_s = (result.ended_at - result.started_at).total_seconds()
    yield row(
        "Duration", f"{whole_s:,.1f} s in all, {result.window_duration_s:,.1f} s of them measured"
    )
    if result.measurement_warnings:
        yield ""
        yield "Warnings"
        for warning in result.measurement_warnings:
            yield f"  {warning.code}: {warning.message}"
    yield ""
    yield f"Saved to {result_dir}"


def _energy(result: ExperimentResult) -> Iterator[str]:
    if result.energy_total_j is None:
        why = result.not_measured["energy_total_j"]
        yield row("Energy", f"not measured: {why.reason}")
        yield row("", "`llem config` lists the meters, and why one cannot be used")
        return
    source = _source(result.meter.name, result.meter.method)
    figure = f"{joules(result.energy_total_j)}{_within(result.energy_uncertainty_j)}"
    estimated = ENERGY_ESTIMATED in result.meter.flags
    word = "an estimate, not a measurement: " if estimated else ""
    mark = " (estimate)" if estimated else ""
    yield row("Energy", f"{word}{figure}, {source}")
    assert result.energy_per_output_token_j is not None
    within_j = result.energy_uncertainty_j
    per_token = _within(None if within_j is None else within_j / result.output_tokens)
    yield row("", f"{joules(result.energy_per_output_token_j)}{per_token} per output token{mark}")
    if result.energy_adjusted_j is not None and result.baseline_power_w is not None:
        breakdown = result.energy_breakdown
        within = _within(None if breakdown is None else breakdown.adjusted_uncertainty_j)
        above = f"{joules(result.energy_adjusted_j)}{within}"
        yield row("", f"{above} above an idle power of {result.baseline_power_w:.1f} W{mark}")


def _host_beside(result: ExperimentResult) -> Iterator[str]:
    """The host's energy beside that of the accelerators."""
    host = result.meter.host
    if result.energy_host_j is None or host is None:
        why = result.not_measured["energy_host_j"]
        if why.code != "not_requested":
            yield row("Host", f"not measured: {why.reason}")
        return
    word = "an estimate, not a measurement: " if ENERGY_ESTIMATED in host.flags else ""
    figure = f"{joules(result.energy_host_j)}{_within(host.uncertainty_j)}"
    yield row("Host", f"{word}{figure} beside it, {_source(host.name, host.method)}{_parts(host)}")


def _emissions(result: ExperimentResult) -> Iterator[str]:
    """Beside the joules, where an intensity was given."""
    carbon = result.carbon
    if carbon is None:
        return
    host = result.meter.host
    flags = (*result.meter.flags, *(host.flags if host is not None else ()))
    word = "an estimate, not a measurement: " if ENERGY_ESTIMATED in flags else ""
    pue = "no PUE" if carbon.pue is None else f"PUE {carbon.pue:g} from the {carbon.pue_source}"
    yield row(
        "Emissions",
        f"{word}{carbon.emissions_g:.3g} g CO2 equivalent of {' and '.join(carbon.counted)}: "
        f"{carbon.intensity_g_per_kwh:g} g/kWh from the {carbon.intensity_source}, {pue}",
    )


def _parts(host: HostRecord) -> str:
    if len(host.parts_j) < 2:
        return ""
    return f" ({', '.join(f'{part} {joules(value)}' for part, value in host.parts_j.items())})"


def _within(uncertainty_j: float | None) -> str:
    return "" if uncertainty_j is None else f" ± {uncertainty_j:.3g} J (k=2)"


def _source(meter: str, method: str) -> str:
    return meter if meter == method else f"{meter}, {method}"


def _flops(result: ExperimentResult) -> str:
    if result.flops is None:
        return row("FLOPs", f"not known: {result.not_measured['flops'].reason}")
    flops = result.flops
    count = f"{flops.parameters_active:,}"
    if flops.parameters_non_embedding is None:
        parameters = f"{count} parameters, embeddings included,"
    elif flops.parameters_active < flops.parameters_non_embedding:
        parameters = f"{count} active non-embedding parameters"
    else:
        parameters = f"{count} non-embedding parameters"
    peak = (
        ""
        if flops.mfu is None
        else f"; {flops.mfu:.1%} of the devices' peak, attention and head included"
    )
    return row(
        "FLOPs",
        f"{flops.flops_total:.3g} (reference: 2 x {parameters} x tokens; "
        f"confidence {flops.confidence}){peak}",
    )


def _strays(result: ExperimentResult) -> str:
    interval = result.output_tokens_per_s_interval
    if interval is None:
        return ""
    return f" ({interval.lower_tokens_per_s:,.1f} to {interval.upper_tokens_per_s:,.1f})"


def _spread(values: Percentiles) -> str:
    interval = None if values.intervals is None else values.intervals.get("p50_ms")
    within = f" ({interval.lower_ms:,.1f} to {interval.upper_ms:,.1f})" if interval else ""
    return f"p50 {values.p50_ms:,.1f} ms{within}, p95 {values.p95_ms:,.1f} ms"
