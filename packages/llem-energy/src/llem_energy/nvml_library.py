"""The binding to NVIDIA's management library, and how its calls are made.

Codes and units are those of the NVML reference.
"""

import os
import struct
import weakref
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

from llem_contracts import Clock, SystemClock, import_object

BINDING_VARIABLE = "LLEM_NVML_BINDING"
"""Names another binding than pynvml, as `module:attribute`."""

DRIVER_NOT_LOADED = 9
TIMEOUT = 10
LIBRARY_NOT_FOUND = 12
FUNCTION_NOT_FOUND = 13
GPU_IS_LOST = 15
RESET_REQUIRED = 16

_SCOPE_GPU = 0
_FIELD_VALUE = struct.Struct("=24xIi8s")
"""Type, return code and value of a `nvmlFieldValue_t`. It is read as it lies in memory, since this
is done many times a second, and ctypes makes an object of every member that it is asked for."""
_VALUES = tuple(map(struct.Struct, "dILQqiH"))
"""How a value lies in its union, by `nvmlValueType_t`."""

T = TypeVar("T")

_RETRY_PAUSES_S = (0.01, 0.02, 0.04)


class NvmlRefusal(Exception):
    """A call that the driver refused."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason

    @property
    def lost(self) -> bool:
        """Whether the device will not answer again in this process."""
        return self.code in (GPU_IS_LOST, RESET_REQUIRED)


class NvmlLibrary:
    """NVML, initialised at the first call and shut down with this object."""

    def __init__(self, binding: Any, clock: Clock, *, simulated: bool = False) -> None:
        """`binding`: a module or object with the functions and the `NVMLError` of pynvml.

        `simulated`: the binding is not NVIDIA's own, so its readings are flagged.
        """
        self._binding = binding
        self._clock = clock
        self._initialised = False
        self.simulated = simulated

    def call(self, function: str, *args: Any) -> Any:
        """Call a function of the binding, again after a timeout.

        Raises `NvmlRefusal` for everything that the library refuses.
        """
        return self.retry(lambda: self.call_once(function, *args))

    def retry(self, read: Callable[[], T]) -> T:
        """Read; after a timeout try again three times, with growing pauses."""
        for pause_s in _RETRY_PAUSES_S:
            try:
                return read()
            except NvmlRefusal as refusal:
                if refusal.code != TIMEOUT:
                    raise
            self._clock.sleep(pause_s)
        return read()

    def call_once(self, function: str, *args: Any) -> Any:
        """The same without a second try: for a poll, whose second try is the next poll."""
        self._initialise()
        return self._invoke(function, *args)

    def field(self, handle: Any, field_id: int) -> float:
        """One field value of a device, whatever its type. Raises `NvmlRefusal`."""
        (answer,) = self.fields(handle, (field_id,))
        if isinstance(answer, NvmlRefusal):
            raise answer
        return answer

    def fields(self, handle: Any, field_ids: tuple[int, ...]) -> list[float | NvmlRefusal]:
        """Field values of a device in one call, each a number or the driver's own refusal of it.

        Raises `NvmlRefusal` where the call as a whole is refused.
        """
        values = self.call_once("nvmlDeviceGetFieldValues", handle, _scoped(field_ids))
        return [
            float(_VALUES[kind].unpack_from(value)[0])
            if code == 0
            else NvmlRefusal(code, self._message(code))
            for kind, code, value in _FIELD_VALUE.iter_unpack(values)
        ]

    def _initialise(self) -> None:
        if self._initialised:
            return
        self._invoke("nvmlInit")
        self._initialised = True
        weakref.finalize(self, _shut_down, self._binding)

    def _invoke(self, function: str, *args: Any) -> Any:
        routine = getattr(self._binding, function, None)
        if routine is None:
            raise NvmlRefusal(FUNCTION_NOT_FOUND, f"the binding has no {function}")
        try:
            return routine(*args)
        except self._binding.NVMLError as error:
            raise NvmlRefusal(int(error.value), str(error)) from error

    def _message(self, code: int) -> str:
        return str(self._binding.NVMLError(code))


def open_library(
    environ: Mapping[str, str] | None = None, clock: Clock | None = None
) -> NvmlLibrary:
    """The library through pynvml, or through the binding that `LLEM_NVML_BINDING` names.

    Raises `PluginError` for a binding that cannot be imported.
    """
    environ = os.environ if environ is None else environ
    clock = clock or SystemClock()
    reference = environ.get(BINDING_VARIABLE)
    if reference:
        binding = import_object(reference, needed_by=BINDING_VARIABLE)
        return NvmlLibrary(binding, clock, simulated=True)
    import pynvml

    return NvmlLibrary(pynvml, clock)


@cache
def _scoped(field_ids: tuple[int, ...]) -> list[tuple[int, int]]:
    """Fields with their scope; pynvml takes longer over a bare id."""
    return [(field_id, _SCOPE_GPU) for field_id in field_ids]


def _shut_down(binding: Any) -> None:
    try:
        binding.nvmlShutdown()
    except binding.NVMLError:
        return  # at the end of a process there is nobody to tell
