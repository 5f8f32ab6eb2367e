"""The boundary `flops`: operations and memory from a model's shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llem_schema import FlopsResult, MemoryEstimate, ModelShape, Precision, WeightBits

from llem_contracts.descriptor import Boundary, Descriptor


@dataclass(frozen=True, slots=True)
class RequestTokens:
    """Token counts of one request, as those of `GeneratedRequest`."""

    input_tokens: int
    output_tokens: int
    padded_tokens: int = 0
    discarded_tokens: int = 0


@dataclass(frozen=True, slots=True)
class DevicePeak:
    """What a device can do at most."""

    flops_per_s: float
    """Dense, at the clocks that its maker states it for."""
    source: str
    """Where the figure was published."""


class FlopsCounter(Protocol):
    """Reckons from a shape; touches no device and no weights."""

    def count(self, shape: ModelShape, requests: Sequence[RequestTokens]) -> FlopsResult:
        """Operations for the useful tokens of these requests.

        Peak and utilisation are left to the caller: None. Raises `NotSupported`, with the reason,
        for a shape that does not tell enough.
        """
        ...

    def peak(self, device: str, precision: Precision) -> DevicePeak | None:
        """The peak of a device, by the name that its driver gives it; None where it is not known
        or the device does not compute in that precision."""
        ...

    def memory(
        self,
        shape: ModelShape,
        precision: Precision,
        batch_size: int,
        length: int,
        *,
        input_length: int = 0,
        weight_bits: WeightBits | None = None,
    ) -> MemoryEstimate:
        """Memory for weights, for keys and values of `length` tokens per sequence, and for a step.

        `input_length` of the tokens go through the model at once; with 0 the estimate is that of
        decoding alone. `weight_bits` where the weights are quantised. Raises `NotSupported` for a
        shape that does not tell enough.
        """
        ...


FLOPS = Boundary("llem.flops", "FLOPs counter", Descriptor)
