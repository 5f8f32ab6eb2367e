"""One experiment, from a work order to a result. Each step is a file of its own.

pre-flight      preflight.py   every problem in one report
the dead        clean_up.py    runs that died in the same folder
environment     environment/
idle baseline   baseline.py    before the model is loaded
load            here           the devices used are those that are metered
resident power  baseline.py    idle again, with the model loaded
prompts         workload.py    drawn and tokenised once
warm-up, heat   warmup.py, heat.py
window          window.py      sync, t0, passes, sync, t1
prefill         prefill.py     a second window, of prefill alone
latency         latency_pass.py   a pass of its own, where that is asked for
assemble        assemble.py    a pure function
save            save.py

What is measured goes to disk meanwhile (recorder.py), and how far the run is (run_state.py).
"""

from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from llem_contracts import (
    Clock,
    ConfigError,
    Devices,
    ExperimentError,
    LoadedModel,
    MeterSession,
    Notice,
    RunHandle,
    RunStarted,
    Sample,
    StoreError,
)
from llem_schema import (
    AcceleratorFacts,
    ExperimentResult,
    MemoryUsage,
    WorkOrder,
)

from llem_harness.assemble import assemble
from llem_harness.baseline import measure_baseline, with_resident
from llem_harness.baseline_cache import BaselineCache
from llem_harness.clean_up import clean_up
from llem_harness.cold_start import warmup_of
from llem_harness.environment import take_snapshot, with_engine
from llem_harness.gathered import Gathered, Loaded, Saving
from llem_harness.heat import heat
from llem_harness.host import host_facts, open_host
from llem_harness.latency_pass import time_steps
from llem_harness.methodology import load_around
from llem_harness.phases import phase
from llem_harness.ports import Ports
from llem_harness.prefill import measure_prefill
from llem_harness.preflight import Readiness, check
from llem_harness.recorder import RunRecorder
from llem_harness.run_state import StateTeller
from llem_harness.save import save
from llem_harness.warmup import warm_up
from llem_harness.window import measure
from llem_harness.workload import draw_workload, warmup_runs


def run(order: WorkOrder, ports: Ports) -> ExperimentResult:
    """Measure one configuration; save it where `order.settings.results_dir` says, if it does.

    Raises `PreFlightError` before anything was done, `BackendError` and `ExperimentError` for what
    fails later. What was measured until then is kept as a partial run.
    """
    ports.listener(
        RunStarted(
            experiment_id=order.experiment_id,
            model=order.config.model,
            backend=order.config.backend,
        )
    )
    with phase("pre-flight", ports.listener, ports.clock):
        ready = check(order, ports)
    for problem in ready.warnings:
        ports.listener(Notice(code=problem.code, message=f"{problem.message}. {problem.cure}"))
    if order.settings.results_dir is None:
        return _measured(order, ports, ready, None)
    clean_up(Path(order.settings.results_dir), ports)
    handle = ports.store.begin(order)
    ports = replace(ports, listener=StateTeller(handle, ports.listener))
    try:
        return _measured(order, ports, ready, handle)
    except BaseException as error:
        _keep_partial(handle, _reason(error), ports)
        raise


def _measured(
    order: WorkOrder, ports: Ports, ready: Readiness, handle: RunHandle | None
) -> ExperimentResult:
    config = order.config
    started_at = _now(ports.clock)
    choice = ready.meter
    uuids = tuple(device.uuid for device in ready.devices)
    with ExitStack() as stack:
        with phase("environment", ports.listener, ports.clock):
            surroundings = take_snapshot(ready.visible, host_facts(ports.devices), ports.sources)
        assert choice.meter is not None
        session = choice.meter.open(uuids, config.energy.sample_period_s)
        stack.callback(session.close)
        host = open_host(ready.host, config.energy.sample_period_s)
        if host.session is not None:
            stack.callback(host.session.close)
        sessions = [session] if host.session is None else [session, host.session]
        recorder = RunRecorder(sessions, handle)
        stack.callback(recorder.finish)
        baseline = measure_baseline(
            config.baseline,
            session,
            ports,
            ready.no_energy,
            cache=BaselineCache(order.settings.cache_dir, choice.name, ready.devices),
            devices=ready.devices,
        )

        with phase("load", ports.listener, ports.clock):
            ports.backend.fetch(config)
            ports.prompts.fetch(config.dataset_config)
            load_ns = ports.clock.monotonic_ns()
            loaded = stack.enter_context(ports.backend.load(config))
            load_s = (ports.clock.monotonic_ns() - load_ns) / 1e9
            _same_devices(loaded, uuids, ports.devices)
        baseline = with_resident(baseline, config.baseline, session, ports)
        with phase("prompts", ports.listener, ports.clock):
            workload = draw_workload(
                config, ports.prompts, loaded.tokenizer, ready.plan.max_sequence_tokens
            )
        batches = warmup_runs(loaded.batches(workload.requests), ready.plan.replicas)
        warmup_config = warmup_of(config)
        warmup = warm_up(warmup_config, loaded, batches, ports)
        heat_record = heat(warmup_config, loaded, batches[0], session, ports, ready.no_energy)

        step_times = config.latency != "separate"
        window = measure(
            loaded,
            workload,
            session,
            ports,
            min_window_s=config.min_window_s,
            step_times=step_times,
            load_around=load_around(config),
            host=host.session,
            keep=partial(recorder.add_pass, step_times=step_times),
        )
        prefill = measure_prefill(config, loaded, workload, session, window, ports, ready.no_energy)
        timed = None
        if not step_times:
            timed = time_steps(loaded, workload, window, ports)
            recorder.add_pass(timed.requests, measured=False)
        with phase("assemble", ports.listener, ports.clock):
            engine = loaded.environment()
            samples = _samples_within(session, window.reading.start_ns, window.reading.end_ns)
            gathered = Gathered(
                order=order,
                started_at=started_at,
                ready=ready,
                backend_version=ports.backend_version,
                surroundings=with_engine(surroundings, engine),
                baseline=baseline,
                loaded=Loaded(
                    commit=loaded.commit,
                    shape=loaded.shape,
                    effective_config=loaded.effective_config,
                    environment=engine,
                    load_s=load_s,
                ),
                workload=workload,
                warmup=warmup,
                heat=heat_record,
                window=window,
                prefill=prefill,
                timed=timed,
                no_host=host.missing,
                memory=_with_device_memory(window.memory, ready, ports.devices),
                sample_period_s=session.sample_period_s,
                samples=samples,
                has_series=any(sampled.samples() for sampled in sessions),
                saving=_saving(handle),
                ended_at=_now(ports.clock),
            )
            result = assemble(gathered, ports.flops)
        if handle is not None:
            with phase("save", ports.listener, ports.clock):
                save(result, handle, recorder, order, ports)
    return result


def _keep_partial(handle: RunHandle, reason: str, ports: Ports) -> None:
    """Whatever happens here must not hide the error that ended the run."""
    with suppress(StoreError):
        kept = handle.abandon(reason)
        if kept is not None:
            message = f"What was measured until then is in {kept}."
            ports.listener(Notice(code="partial_run", message=message))


def _same_devices(loaded: LoadedModel, metered: tuple[str, ...], devices: Devices) -> None:
    """The meter must see what computes: no more devices, no fewer. Of a slice of a GPU it sees the
    board."""
    if {_board(uuid, devices) for uuid in loaded.devices} != set(metered):
        raise ExperimentError(
            f"the model is on {', '.join(loaded.devices)}, but the meter watches "
            f"{', '.join(metered)}",
            cure="Name the devices of the run, in CUDA_VISIBLE_DEVICES by UUID, and run again.",
        )


def _board(uuid: str, devices: Devices) -> str:
    """The device with its sensors; an unknown one as it is."""
    try:
        return devices.facts(uuid).uuid
    except ConfigError:
        return uuid


def _with_device_memory(memory: MemoryUsage, ready: Readiness, devices: Devices) -> MemoryUsage:
    used = [
        devices.state(device.uuid).used_memory_mib
        for device in ready.devices
        if isinstance(device, AcceleratorFacts)
    ]
    known = [value for value in used if value is not None]
    if not known or len(known) < len(used):
        return memory
    return memory.model_copy(update={"device_memory_mib": sum(known)})


def _samples_within(session: MeterSession, start_ns: int, end_ns: int) -> list[Sample]:
    return [sample for sample in session.samples(start_ns) if sample.monotonic_ns <= end_ns]


def _saving(handle: RunHandle | None) -> Saving:
    if handle is None:
        return Saving(None, None)
    return Saving(handle.timeseries_name, handle.requests_name)


def _now(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.wall_ns() / 1e9, tz=UTC)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, SystemExit):
        return "the terminal was closed" if error.code == 129 else "terminated"
    return f"{type(error).__name__}: {error}"
