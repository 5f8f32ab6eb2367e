"""What sampling costs: CPU time of the sampler process, and what the measured program loses.

**CPU time.** The sampler of the meter `nvml` at its default period over one GPU, left alone for
some seconds. What the sampler process, and the process that started it, have spent of a core is
read from the scheduler's own account. Two bindings: one whose driver answers at once, so that the
share is that of asking, and the simulated GPU, which computes every answer in Python. Beside them
a process that only wakes up as often: nothing that polls can come below it on the same machine.

**Throughput.** A loop in pure Python, and a torch generate loop of one thread. Every round does the
same amount of work with the sampler going and with the sampler halted, in changing order. A round
gives one relative difference; the verdict is on their median and on its 95 % interval (bootstrap).
The work is timed by the clock, which counts, and by the CPU time of its process, which other
programs on the machine disturb less and which does not see a core that was taken away.

Run with `hatch run bench:overhead`, on a machine that does nothing else; the load while it ran is
part of the report.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import instant_driver
from llem_contracts import SystemClock
from llem_energy import ProcessSampler, Recording, SamplingTask
from llem_energy.nvml_meter import POLL_PERIOD_S
from llem_energy.nvml_polling import OPEN_SENSORS
from llem_testing.simulated_gpu import (
    CONTINUOUS_COUNTER,
    SCENARIO_VARIABLE,
    Gpu,
    Scenario,
    SquareWave,
    write_scenario,
)
from workloads import Workload, generate_loop, python_loop

sys.path.insert(0, str(Path(__file__).parents[1]))
from circumstances import circumstances, in_words

FOLDER = Path(__file__).parent
BINDING_VARIABLE = "LLEM_NVML_BINDING"
SIMULATED_UUID = "GPU-simulated"
MOST_CPU_SHARE = 0.01
MOST_LOSS = 0.01
MOST_MEDIAN_LOSS = 0.005
RESAMPLES = 2_000
CLOCK, CPU = "clock", "CPU time"
WORDS = {True: "holds", False: "MISSED", None: "-"}
WAKING = """
import select, sys, time
due_s = time.monotonic()
while True:
    due_s += float(sys.argv[1])
    select.select([], [], [], max(0.0, due_s - time.monotonic()))
"""


@dataclass(frozen=True)
class CpuCost:
    """Share of one core that sampling takes."""

    binding: str
    period_s: float
    seconds: float
    sampler_share: float
    caller_share: float
    """Of the process that started the sampler and sleeps."""
    waking_share: float
    """Of a process that wakes as often and does nothing."""
    most: float | None
    """Bound on the sampler's share; None where none is set."""

    @property
    def holds(self) -> bool | None:
        return None if self.most is None else self.sampler_share < self.most


@dataclass(frozen=True)
class Loss:
    """What a sampler beside it costs some work, in one kind of time."""

    workload: str
    timed_by: str
    rounds: int
    median: float
    """Relative loss; negative where the work went faster beside the sampler."""
    interval: tuple[float, float]
    """95 % bootstrap interval of the median."""
    spread: float
    """Half the distance between the quartiles of the rounds: how noisy the machine was."""
    bounded: bool

    @property
    def holds(self) -> bool | None:
        if not self.bounded:
            return None
        inside = all(abs(end) <= MOST_LOSS for end in self.interval)
        return inside and abs(self.median) <= MOST_MEDIAN_LOSS


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables of this process, which the sampler process inherits."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def instant_machine() -> Iterator[str]:
    """A GPU whose driver answers at once; its UUID."""
    with environment(**{BINDING_VARIABLE: "instant_driver:BINDING"}):
        yield instant_driver.UUID


@contextmanager
def simulated_machine() -> Iterator[str]:
    """A simulated GPU with a load that goes up and down; its UUID."""
    gpu = Gpu(
        uuid=SIMULATED_UUID,
        pci_bus_id="00000000:01:00.0",
        power=SquareWave(low_w=90.0, high_w=400.0, period_s=0.83),
        sensors=CONTINUOUS_COUNTER,
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "machine.json"
        write_scenario(Scenario(gpus=(gpu,)).starting(SystemClock()), file)
        binding = "llem_testing.simulated_gpu.binding:BINDING"
        with environment(**{BINDING_VARIABLE: binding, SCENARIO_VARIABLE: str(file)}):
            yield gpu.uuid


MACHINES = {"instant answers": instant_machine, "simulated GPU": simulated_machine}


@contextmanager
def sampled(uuid: str) -> Iterator[int]:
    """Polls of a GPU at the default period; process id of the sampler."""
    task = SamplingTask(
        sensors=(),
        sensors_elsewhere=OPEN_SENSORS,
        devices=(uuid,),
        period_s=POLL_PERIOD_S,
        recording=Recording([uuid], 1),
        clock=SystemClock(),
    )
    sampler = ProcessSampler(task)
    sampler.start()
    try:
        if sampler.pid is None:
            raise RuntimeError("no sampler process could be started")
        yield sampler.pid
    finally:
        sampler.stop()


def cpu_s(pid: int) -> float:
    """Seconds that the threads of a process were on a core."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def waking_share(period_s: float, seconds: float) -> float:
    """Share of a core that a process takes which wakes every period and does nothing."""
    process = subprocess.Popen([sys.executable, "-c", WAKING, repr(period_s)])
    try:
        time.sleep(0.5)
        before_s = cpu_s(process.pid)
        time.sleep(seconds)
        return (cpu_s(process.pid) - before_s) / seconds
    finally:
        process.kill()
        process.wait()


def measure_cpu(binding: str, seconds: float) -> CpuCost:
    with MACHINES[binding]() as uuid, sampled(uuid) as pid:
        before_s, own_before_s = cpu_s(pid), cpu_s(os.getpid())
        start_ns = time.monotonic_ns()
        time.sleep(seconds)
        sampler_s, caller_s = cpu_s(pid) - before_s, cpu_s(os.getpid()) - own_before_s
        passed_s = (time.monotonic_ns() - start_ns) / 1e9
    return CpuCost(
        binding=binding,
        period_s=POLL_PERIOD_S,
        seconds=passed_s,
        sampler_share=sampler_s / passed_s,
        caller_share=caller_s / passed_s,
        waking_share=waking_share(POLL_PERIOD_S, seconds),
        most=MOST_CPU_SHARE if binding == "instant answers" else None,
    )


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Seconds of some work, by each kind of time."""
    start_ns, start_cpu_ns = time.monotonic_ns(), time.process_time_ns()
    work()
    cpu_ns = time.process_time_ns() - start_cpu_ns
    return {CLOCK: (time.monotonic_ns() - start_ns) / 1e9, CPU: cpu_ns / 1e9}


def measure_losses(workload: Workload, rounds: int) -> list[Loss]:
    """Relative losses to a sampler, over paired rounds, either first half of the time."""
    pair = (signal.SIGSTOP, signal.SIGCONT)
    orders = [pair if number % 2 else pair[::-1] for number in range(rounds)]
    random.Random(0).shuffle(orders)
    losses: dict[str, list[float]] = {CLOCK: [], CPU: []}
    workload.run()
    with instant_machine() as uuid, sampled(uuid) as pid:
        for order in orders:
            seconds: dict[signal.Signals, dict[str, float]] = {}
            for going in order:
                os.kill(pid, going)
                seconds[going] = timed(workload.run)
            os.kill(pid, signal.SIGCONT)
            for kind, of_kind in losses.items():
                of_kind.append(1 - seconds[signal.SIGSTOP][kind] / seconds[signal.SIGCONT][kind])
    return [loss_of(workload.name, kind, of_kind) for kind, of_kind in losses.items()]


def loss_of(workload: str, kind: str, losses: list[float]) -> Loss:
    low, _, high = statistics.quantiles(losses, n=4, method="inclusive")
    return Loss(
        workload=workload,
        timed_by=kind,
        rounds=len(losses),
        median=statistics.median(losses),
        interval=interval_of_median(losses),
        spread=(high - low) / 2,
        bounded=kind == CLOCK,
    )


def interval_of_median(values: list[float]) -> tuple[float, float]:
    """95 % percentile bootstrap interval."""
    chooser = random.Random(0)
    medians = sorted(
        statistics.median(chooser.choices(values, k=len(values))) for _ in range(RESAMPLES)
    )
    return medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES) - 1]


def cpu_table(costs: list[CpuCost]) -> str:
    lines = [
        "| binding | poll every | sampler | caller | waking alone | bound | verdict |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    for c in costs:
        most = "none" if c.most is None else f"{c.most:.0%}"
        lines.append(
            f"| {c.binding} | {c.period_s * 1e3:.0f} ms | {c.sampler_share:.2%} "
            f"| {c.caller_share:.2%} | {c.waking_share:.2%} | {most} | {WORDS[c.holds]} |"
        )
    return "\n".join(lines)


def loss_table(losses: list[Loss]) -> str:
    lines = [
        "| workload | timed by | rounds | loss, median | 95 % interval | half quartile distance "
        "| verdict |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for loss in losses:
        low, high = loss.interval
        lines.append(
            f"| {loss.workload} | {loss.timed_by} | {loss.rounds} | {loss.median:+.2%} "
            f"| {low:+.2%} to {high:+.2%} | {loss.spread:.2%} | {WORDS[loss.holds]} |"
        )
    return "\n".join(lines)


def report(costs: list[CpuCost], losses: list[Loss], where: dict[str, object]) -> str:
    loads = where["load_average"]
    assert isinstance(loads, list)
    return (
        "# What sampling costs\n\n"
        f"{in_words(where)}. Load average before, between and after: "
        f"{', '.join(f'{load:.1f}' for load in loads)}. Written by `hatch run bench:overhead`.\n\n"
        "## CPU time, as a share of one core\n\n"
        f"{cpu_table(costs)}\n\n"
        "`caller` is the process that started the sampler and sleeps; `waking alone` a process "
        "that wakes as often and does nothing. The simulated GPU computes its answers in the "
        "sampler process, which a driver does not.\n\n"
        "## Throughput of the measured program\n\n"
        f"{loss_table(losses)}\n\n"
        f"By the clock the interval is to lie within {MOST_LOSS:.0%}, the median within "
        f"{MOST_MEDIAN_LOSS:.1%}. Two runs of the same work differ by about the half quartile "
        "distance: where that is much larger than the bound, the machine was too busy for a "
        "verdict.\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what sampling costs.")
    parser.add_argument("--seconds", type=float, default=20.0, help="per binding")
    parser.add_argument("--rounds", type=int, default=2000, help="per workload, at least 2")
    options = parser.parse_args()
    # So that a halted sampler, which cannot see its parent go, is ended on the way out.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    loads = [os.getloadavg()[0]]
    costs = [measure_cpu(binding, options.seconds) for binding in MACHINES]
    loads.append(os.getloadavg()[0])
    print(cpu_table(costs))
    losses = [
        loss
        for make_workload in (python_loop, generate_loop)
        for loss in measure_losses(make_workload(), max(2, options.rounds))
    ]
    loads.append(os.getloadavg()[0])
    print(loss_table(losses))
    where = circumstances(
        ("llem-energy", "nvidia-ml-py", "torch", "transformers"), load_average=loads
    )
    document = {
        "circumstances": where,
        "cpu": [asdict(cost) | {"holds": cost.holds} for cost in costs],
        "throughput": [asdict(loss) | {"holds": loss.holds} for loss in losses],
    }
    (FOLDER / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    (FOLDER / "results.md").write_text(report(costs, losses, where))
    return 1 if any(verdict.holds is False for verdict in (*costs, *losses)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
