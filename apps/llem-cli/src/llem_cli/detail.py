"""One result in detail: the summary of its run, and then what a reviewer asks."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import llem
from llem_schema import BaselineRecord, ExperimentConfig, ExperimentResult, IntervalBasis
from pydantic import BaseModel

from llem_cli.environment import environment_lines
from llem_cli.layout import joules, row
from llem_cli.printing import plain
from llem_cli.sparkline import power_lines
from llem_cli.summary import once_without_energy, summary_lines


def detail_lines(
    run: llem.StoredRun, result_dir: str, *, columns: int, blocks: bool
) -> Iterator[str]:
    """All of it; `columns` is the width of the picture of the power."""
    lines = _lines(run, result_dir, columns, blocks)
    return map(plain, once_without_energy(run.result, lines))


def _lines(run: llem.StoredRun, result_dir: str, columns: int, blocks: bool) -> Iterator[str]:
    result = run.result
    yield from summary_lines(result, result_dir)
    for title, lines in (
        ("Power", _power(run, columns, blocks)),
        ("Configuration", _configuration(result)),
        ("Effective configuration", _pairs(result.effective_config)),
        ("Meter", _meter(result)),
        ("Error terms, 1 sigma", _terms(result)),
        ("Intervals", _intervals(result)),
        ("Baseline", _baseline(result)),
        ("Warm-up", _warmup(result)),
        ("Environment", _environment(result)),
        ("Notes", iter(result.reproducibility_notes)),
        ("Not measured", _not_measured(result)),
        ("Files", _files(run)),
    ):
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def left_lines(entry: llem.CatalogueEntry, run: llem.PartialRun) -> Iterator[str]:
    """What there is to say of a run without a result, and what it has measured."""
    yield plain(f"{entry.path}: {entry.state}: {entry.reason}")
    for label, value in (
        ("Model", entry.model),
        ("Backend", entry.backend),
        ("Precision", entry.precision),
        ("Config", entry.measurement_config_hash),
        ("Started", entry.started_at and f"{entry.started_at:%Y-%m-%d %H:%M:%S}"),
        ("Ended", entry.ended_at and f"{entry.ended_at:%Y-%m-%d %H:%M:%S}"),
        ("State", run.state),
        ("Phase", run.phase),
        ("Samples", _rows(run.timeseries)),
        ("Requests", _rows(run.requests)),
    ):
        if value is not None:
            yield row(label, plain(str(value)))
    yield row("Files", ", ".join(plain(file.name) for file in sorted(entry.path.iterdir())))


def _rows(read: Callable[[], llem.ArrowTable | None]) -> str:
    try:
        table = read()
    except llem.StoreError as error:
        return str(error)
    return "none" if table is None else f"{table.num_rows:,}"


def _power(run: llem.StoredRun, columns: int, blocks: bool) -> Iterator[str]:
    try:
        series = run.timeseries()
    except llem.StoreError as error:
        yield f"{error}"
        return
    devices = run.result.meter.devices
    if series is None:
        yield _why(run.result, "timeseries")
        return
    profile = llem.power_profile(series, devices, columns)
    if not profile.power_w:
        yield "none: no power was read"
        return
    window = run.result.window
    yield from power_lines(profile, (window.start_ns, window.end_ns), blocks=blocks)


def _configuration(result: ExperimentResult) -> Iterator[str]:
    """What differs from the defaults, with where it came from."""
    yield f"hash: {result.measurement_config_hash}"
    origins = result.run_settings.origins
    defaults = ExperimentConfig(model=result.config.model).model_dump()
    for key, value in _differences(result.config.model_dump(), defaults):
        origin = origins.get(key)
        yield f"{key}: {_shown(value)}" + (f" ({origin})" if origin else "")
    yield "all else as by default"


def _differences(
    values: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        default = defaults.get(key)
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and (isinstance(default, Mapping) or default is None):
            yield from _differences(value, default or {}, f"{path}.")
        elif value != default or path == "model":
            yield path, value


def _meter(result: ExperimentResult) -> Iterator[str]:
    meter = result.meter
    yield f"{meter.name} {meter.version}: {meter.reason}"
    period = f" every {meter.sample_period_s:g} s" if meter.sample_period_s is not None else ""
    yield f"method {meter.method}, scope {meter.scope}, {meter.samples:,} samples{period}"
    if meter.flags:
        yield f"flags: {', '.join(meter.flags)}"
    for name, reason in meter.rejected.items():
        yield f"passed over: {name}: {reason}"
    if meter.host is not None:
        host = meter.host
        yield f"host: {host.name} {host.version}, method {host.method}, scope {host.scope}"


def _terms(result: ExperimentResult) -> Iterator[str]:
    breakdown = result.energy_breakdown
    if breakdown is None:
        yield _why(result, "energy_breakdown")
        return
    yield from (f"{name}: {joules(value)}" for name, value in breakdown.terms.items())
    for label, value in (
        ("all, k=2", result.energy_uncertainty_j),
        ("without board gain, k=2", result.energy_comparison_uncertainty_j),
    ):
        if value is not None:
            yield f"{label}: {joules(value)}"


def _intervals(result: ExperimentResult) -> Iterator[str]:
    """What the intervals are, and where there is none the reason."""
    throughput = result.output_tokens_per_s_interval
    if throughput is None:
        yield f"output tokens/s: {_why(result, 'output_tokens_per_s_interval')}"
    else:
        lower, upper = throughput.lower_tokens_per_s, throughput.upper_tokens_per_s
        yield f"output tokens/s: {lower:,.2f} to {upper:,.2f}{_basis(throughput.basis)}"
    energy = result.energy_per_output_token_interval
    if energy is None:
        yield f"J per output token: {_why(result, 'energy_per_output_token_interval')}"
    else:
        yield (
            f"J per output token: {joules(energy.lower_j)} to {joules(energy.upper_j)}"
            f"{_basis(energy.basis)}, beside what the sensor may be off by"
        )


def _basis(basis: IntervalBasis) -> str:
    return f" ({basis.level:.0%}, over {basis.parts} {basis.over})"


def _baseline(result: ExperimentResult) -> Iterator[str]:
    breakdown = result.energy_breakdown
    if breakdown is None or breakdown.baseline is None:
        path = "energy_breakdown" if breakdown is None else "energy_breakdown.baseline"
        yield _why(result, path)
        return
    yield _idle(breakdown.baseline)
    if breakdown.baseline_share is not None:
        yield f"{breakdown.baseline_share:.0%} of the energy"
    if breakdown.resident is not None:
        yield _idle(breakdown.resident)


def _idle(baseline: BaselineRecord) -> str:
    spread = f" ± {baseline.std_w:.2g} W (1 sigma of samples)" if baseline.std_w is not None else ""
    return (
        f"{baseline.kind}: {baseline.power_w:.1f} W{spread}, {baseline.samples} samples in "
        f"{baseline.duration_s:.0f} s, {baseline.source} {baseline.measured_at:%Y-%m-%d %H:%M:%S}"
    )


def _warmup(result: ExperimentResult) -> Iterator[str]:
    warmup = result.warmup_result
    yield f"{warmup.iterations_completed} runs, {warmup.duration_s:.1f} s"
    if warmup.latencies_ms:
        first, last = warmup.latencies_ms[0], warmup.latencies_ms[-1]
        yield f"first {first:,.1f} ms, last {last:,.1f} ms"
    if warmup.converged is not None:
        yield "converged" if warmup.converged else "did not converge"
    heat = warmup.heat
    yield f"heat {heat.mode}, {heat.duration_s:.1f} s: {heat.note}"


def _environment(result: ExperimentResult) -> Iterator[str]:
    yield from environment_lines(result.environment_snapshot)
    if result.model.commit is not None:
        yield f"{result.model.name} at commit {result.model.commit}"
    yield f"{result.backend.name} {result.backend.version}"
    yield from _pairs(result.backend.environment)


def _not_measured(result: ExperimentResult) -> Iterator[str]:
    """A reason once, with all that it explains."""
    paths: dict[tuple[str, str], list[str]] = {}
    for path, why in result.not_measured.items():
        paths.setdefault((why.code, why.reason), []).append(path)
    if not paths:
        yield "nothing is missing"
    for (code, reason), explained in paths.items():
        yield f"{code}: {reason}"
        yield from (f"  {path}" for path in explained)


def _files(run: llem.StoredRun) -> Iterator[str]:
    names = ("result.json", run.result.timeseries, run.result.requests_file)
    for name in names:
        if name is not None:
            yield f"{name}: {_size(run.path / name)}"


def _size(file: Path) -> str:
    try:
        return f"{file.stat().st_size / 1024:,.1f} KiB"
    except OSError:
        return "not there"


def _why(result: ExperimentResult, path: str) -> str:
    why = result.not_measured.get(path)
    return f"none: {why.reason}" if why else "none"


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        yield f"{key}: {_shown(value)}"


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if isinstance(value, Mapping):
        items = (f"{key or repr(key)}: {_shown(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return "none" if value is None else str(value)
