"""The boundary `flops`: operations and memory from a model's shape."""

from typing import Protocol

from llem_schema import FlopsResult, MemoryEstimate, ModelShape, Precision

from llem_contracts.descriptor import Boundary, Descriptor


class FlopsCounter(Protocol):
    """Reckons from a shape; touches no device and no weights."""

    def count(self, shape: ModelShape, input_tokens: int, output_tokens: int) -> FlopsResult:
        """Operations for so many useful tokens.

        Raises `NotSupported`, with the reason, for a shape that does not tell enough.
        """
        ...

    def memory(
        self, shape: ModelShape, precision: Precision, batch_size: int, length: int
    ) -> MemoryEstimate:
        """Memory for weights and for keys and values of `length` tokens per sequence.

        Raises `NotSupported` for a shape without parameters.
        """
        ...


FLOPS = Boundary("llem.flops", "FLOPs counter", Descriptor)
