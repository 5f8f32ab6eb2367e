"""Joules of a piece of Python, in two lines.

    with EnergyMonitor() as monitor:
        with monitor.window("decode", sync=torch.cuda.synchronize) as window:
            work()
    window.reading.energy_j

Of every call of a function:

    monitor = EnergyMonitor()

    @monitor.measured("decode", sync=torch.cuda.synchronize)
    def work() -> None: ...

    with monitor:
        work()
    monitor.readings()
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from llem_contracts import (
    Clock,
    ConfigError,
    LlemError,
    MeterSession,
    MeterWindow,
    PreFlightError,
    Sample,
    SystemClock,
    choose_meter,
)
from llem_schema import DeviceFacts, EnergyReading

from llem_energy.listing import FindMeters, installed_meters
from llem_energy.null_meter import NullMeter
from llem_energy.periods import per_period
from llem_energy.sources import FindSources, installed_sources

P = ParamSpec("P")
R = TypeVar("R")

_UNUSABLE = "meter_unusable"
"""Code of a meter that could not be made: a setting of it is wrong, or its package is broken."""


class MonitorWindow:
    """A window of a monitor; its reading can be had once it has ended."""

    def __init__(self, window: MeterWindow) -> None:
        self._window = window

    @property
    def reading(self) -> EnergyReading:
        """Energy of the window. Blocks until the sensors have caught up, five seconds at most.

        Raises `RuntimeError` while the window is open.
        """
        return self.read()

    def read(self, timeout_s: float = 5.0) -> EnergyReading:
        """The same, with a wait of `timeout_s` at most.

        What had not arrived by then is None with a reason, or less certain; ask again later.
        """
        return self._window.reading(timeout_s)


class EnergyMonitor:
    """Meters devices from `__enter__` to `__exit__`, or from `start` to `close`.

    Windows may nest, overlap and touch, and be opened by any thread. Where no sensor can be read
    they are there all the same; their energy is None and their reason says why.
    """

    def __init__(
        self,
        meter: str = "auto",
        devices: Sequence[str] | None = None,
        sample_period_s: float | None = None,
        *,
        find_sources: FindSources = installed_sources,
        find_meters: FindMeters = installed_meters,
        clock: Clock | None = None,
    ) -> None:
        """`devices`: UUIDs or logical names such as `cuda:0` and `cpu`; None takes the visible
        accelerators, or the host where there are none.

        Raises `ConfigError` for a meter or device that does not exist.
        """
        self._sources = find_sources()
        self._facts = self._chosen(devices)
        self._meter = meter
        self._candidates = tuple(find_meters(meter))
        self._sample_period_s = sample_period_s
        self._clock = clock or SystemClock()
        self._session: MeterSession | None = None
        self._ended: list[MonitorWindow] = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> Self:
        """Begin to sample, where a `with` does not fit, as over the cells of a notebook.

        Raises `RuntimeError` the second time, and `PreFlightError` for a setting of the meter that
        cannot be used.
        """
        if self._session is not None:
            raise RuntimeError("a monitor can be started once; make another one")
        self._session = self._open()
        return self

    def close(self) -> None:
        """Stop sampling. Readings and the series stay available."""
        self._opened.close()

    @contextmanager
    def window(
        self, name: str, sync: Callable[[], object] | None = None
    ) -> Iterator[MonitorWindow]:
        """Meter the body of a `with`.

        `sync` is called before either end is timed, so that work handed to a device falls on the
        side where it was started. The window ends also where the body raises.
        """
        if sync is not None:
            sync()
        window = self._opened.begin(name)
        opened = MonitorWindow(window)
        try:
            yield opened
            if sync is not None:
                sync()
        finally:
            window.end()
            self._ended.append(opened)

    def measured(
        self, name: str | None = None, sync: Callable[[], object] | None = None
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Decorator: every call of the function is a window, called `name` or as the function is.

        `readings` has them. The function itself raises `RuntimeError` where the monitor does not
        run; the decorator raises `TypeError` for one that gives back its work undone, such as a
        coroutine function or a generator.
        """

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            title = _name_of(function) if name is None else name
            if _gives_back_work(function):
                raise TypeError(f"{title} works after it has returned; open a window inside it")

            @wraps(function)
            def measured(*args: P.args, **kwargs: P.kwargs) -> R:
                with self.window(title, sync):
                    return function(*args, **kwargs)

            return measured

        return decorate

    def readings(self) -> tuple[EnergyReading, ...]:
        """Of all windows that have ended, in the order in which they did. Waits as a window does.

        The monitor keeps them for that as long as it lives.
        """
        return tuple(window.reading for window in self._ended)

    def series(self, period_s: float | None = None) -> Sequence[Sample]:
        """All samples so far, in order of time, as often as they were taken.

        With `period_s` one row for each device and period, such as 1.0 for a view at 1 Hz: the
        mean of the powers, the latest counter, temperature and whatever else changes slowly.
        """
        samples = self._opened.samples()
        return samples if period_s is None else per_period(samples, period_s)

    @property
    def _opened(self) -> MeterSession:
        if self._session is None:
            raise RuntimeError("the monitor is not running; use it in a `with` statement")
        return self._session

    def _open(self) -> MeterSession:
        uuids = [facts.uuid for facts in self._facts]
        choice = choose_meter(self._meter, self._candidates, self._facts)
        if choice is None:
            return self._without_sensor(uuids, "no meter is installed")
        if choice.meter is None:
            unusable = [problem for problem in choice.problems if problem.code == _UNUSABLE]
            if unusable:
                raise PreFlightError(unusable)
            reason = "; ".join(problem.message for problem in choice.problems)
            return self._without_sensor(uuids, reason)
        if not choice.descriptor.senses:
            return self._without_sensor(uuids, choice.reason)
        try:
            return choice.meter.open(uuids, self._sample_period_s)
        except LlemError as error:
            return self._without_sensor(uuids, str(error))

    def _without_sensor(self, uuids: Sequence[str], reason: str) -> MeterSession:
        """Windows without energy; the reason tells also which kinds of device cannot be seen."""
        unseen = [
            problem.message
            for source in self._sources
            if source.devices is not None
            for problem in source.devices.problems()
        ]
        return NullMeter(self._clock, "; ".join([reason, *unseen])).open(uuids)

    def _chosen(self, devices: Sequence[str] | None) -> tuple[DeviceFacts, ...]:
        if devices is not None:
            if not devices:
                raise ConfigError("no device was named", cure="Leave `devices` out for all.")
            return tuple(dict.fromkeys(self._find(name) for name in devices))
        visible = [
            facts
            for source in self._sources
            if source.devices is not None
            for facts in source.devices.visible()
        ]
        accelerators = tuple(facts for facts in visible if facts.kind == "accelerator")
        return accelerators or tuple(visible)

    def _find(self, name: str) -> DeviceFacts:
        kind = name.partition(":")[0]
        owner = next((s for s in self._sources if kind in s.logical_kinds), None)
        if owner is not None:
            if owner.devices is None:
                raise ConfigError(
                    f"{name} cannot be found: {owner.problem}",
                    cure=f"Repair or remove the package that brings {owner.name!r}.",
                )
            return owner.devices.facts(owner.devices.resolve([name])[0])
        for source in self._sources:
            if source.devices is None:
                continue
            try:
                return source.devices.facts(name)
            except ConfigError:
                continue
        raise ConfigError(
            f"there is no device {name!r}", cure="`llem_energy.devices()` lists what there is."
        )


def _name_of(function: Callable[..., object]) -> str:
    return str(getattr(function, "__qualname__", function))


def _gives_back_work(function: Callable[..., object]) -> bool:
    return (
        inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    )
