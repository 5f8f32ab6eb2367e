"""A binding whose driver answers at once: what is left is the cost of asking.

It does what pynvml does around a call into the driver, with a copy of prepared answers by the C
library in the driver's place. The board draws 300 W and publishes every 100 ms.
`LLEM_NVML_BINDING=instant_driver:BINDING`, with this folder on the import path.
"""

import ctypes
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pynvml

UUID = "GPU-instant"
WATTS = 300
_TICK_NS = 100_000_000
_COPY = ctypes.CDLL(None).memcpy
_ENERGY = 83
_FIELDS = {_ENERGY: 0, 185: WATTS * 1000, 186: WATTS * 1000, 74: 0, 269: 0, 270: 0, 271: 0}
"""Energy, average power, power of the moment, times under throttle reasons."""


class InstantDriver:
    """The functions of pynvml that the meter calls, for one board."""

    NVMLError = pynvml.NVMLError

    def __init__(self) -> None:
        self._prepared: dict[tuple[Any, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(pynvml, name)

    def nvmlInit(self) -> None: ...  # noqa: N802
    def nvmlShutdown(self) -> None: ...  # noqa: N802
    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "600.1"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 1

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802
        return UUID

    def nvmlDeviceGetName(self, handle: int) -> str:  # noqa: N802
        return "Instant board"

    def nvmlDeviceGetPciInfo(self, handle: int) -> Any:  # noqa: N802
        return SimpleNamespace(busId="00000000:01:00.0")

    def nvmlDeviceGetCudaComputeCapability(self, handle: int) -> tuple[int, int]:  # noqa: N802
        return (9, 0)

    def nvmlDeviceGetMigMode(self, handle: int) -> tuple[int, int]:  # noqa: N802
        return (0, 0)

    def nvmlDeviceGetTemperature(self, handle: int, sensor: int) -> int:  # noqa: N802
        return 40

    def nvmlDeviceGetClockInfo(self, handle: int, kind: int) -> int:  # noqa: N802
        return 1980

    def nvmlDeviceGetPerformanceState(self, handle: int) -> int:  # noqa: N802
        return 0

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle: int) -> int:  # noqa: N802
        return 0

    def nvmlDeviceGetFieldValues(self, handle: int, fields: Sequence[Any]) -> Any:  # noqa: N802
        values = (pynvml.c_nvmlFieldValue_t * len(fields))()
        for index, field in enumerate(fields):
            try:
                values[index].fieldId, values[index].scopeId = field
            except TypeError:
                values[index].fieldId = field
        answers = self._answers(fields)
        if answers[0].fieldId == _ENERGY:
            answers[0].value.ullVal = time.monotonic_ns() // _TICK_NS * WATTS * 100
        _COPY(ctypes.byref(values), ctypes.byref(answers), ctypes.sizeof(values))
        return values

    def _answers(self, fields: Sequence[Any]) -> Any:
        key = tuple(fields)
        if key not in self._prepared:
            answers = (pynvml.c_nvmlFieldValue_t * len(fields))()
            for answer, field in zip(answers, fields, strict=True):
                answer.fieldId = field[0] if isinstance(field, tuple) else field
                answer.valueType = pynvml.NVML_VALUE_TYPE_UNSIGNED_LONG_LONG
                answer.value.ullVal = _FIELDS.get(answer.fieldId, 0)
                known = answer.fieldId in _FIELDS
                answer.nvmlReturn = 0 if known else pynvml.NVML_ERROR_NOT_SUPPORTED
            self._prepared[key] = answers
        return self._prepared[key]


BINDING = InstantDriver()
