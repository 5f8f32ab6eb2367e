"""Field values are read whatever their type, each with its own refusal."""

from typing import Any

import pynvml
import pytest
from llem_contracts import SystemClock
from llem_energy import NvmlLibrary
from llem_energy.nvml_library import NvmlRefusal

VALUES = {
    "NVML_VALUE_TYPE_DOUBLE": ("dVal", 2.5),
    "NVML_VALUE_TYPE_UNSIGNED_INT": ("uiVal", 2**32 - 2),
    "NVML_VALUE_TYPE_UNSIGNED_LONG": ("ulVal", 2**40 + 1),
    "NVML_VALUE_TYPE_UNSIGNED_LONG_LONG": ("ullVal", 2**50 + 1),
    "NVML_VALUE_TYPE_SIGNED_LONG_LONG": ("sllVal", -(2**40)),
    "NVML_VALUE_TYPE_SIGNED_INT": ("siVal", -7),
    "NVML_VALUE_TYPE_UNSIGNED_SHORT": ("usVal", 2**16 - 1),
}


class Answering:
    """A binding that gives prepared field values, and keeps what it was asked."""

    NVMLError = pynvml.NVMLError

    def __init__(self, *answers: Any) -> None:
        self._answers = (pynvml.c_nvmlFieldValue_t * len(answers))(*answers)
        self.asked: list[Any] = []

    def nvmlInit(self) -> None: ...  # noqa: N802
    def nvmlShutdown(self) -> None: ...  # noqa: N802

    def nvmlDeviceGetFieldValues(self, handle: Any, fields: Any) -> Any:  # noqa: N802
        self.asked += fields
        return self._answers


def answer(kind: str, member: str, number: float) -> Any:
    value = pynvml.c_nvmlFieldValue_t()
    value.valueType = getattr(pynvml, kind)
    value.value.sllVal = -1  # whatever lies beside the value must not matter
    setattr(value.value, member, number)
    return value


def refusal(code: int) -> Any:
    value = pynvml.c_nvmlFieldValue_t()
    value.nvmlReturn = code
    return value


class TestFields:
    @pytest.mark.parametrize("kind", VALUES)
    def test_of_every_type_are_read(self, kind: str) -> None:
        member, number = VALUES[kind]
        library = NvmlLibrary(Answering(answer(kind, member, number)), SystemClock())
        assert library.field(0, 83) == number

    def test_are_refused_one_by_one(self) -> None:
        kind = "NVML_VALUE_TYPE_UNSIGNED_INT"
        binding = Answering(answer(kind, "uiVal", 5), refusal(pynvml.NVML_ERROR_NOT_SUPPORTED))
        number, refused = NvmlLibrary(binding, SystemClock()).fields(0, (186, 185))
        assert number == 5
        assert isinstance(refused, NvmlRefusal)
        assert (refused.code, refused.reason) == (3, "Not Supported")
        assert binding.asked == [(186, 0), (185, 0)]
