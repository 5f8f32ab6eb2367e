"""Weights that are nobody's, and the same everywhere."""

import zlib
from collections.abc import Iterable
from typing import Any

_SCALE = 2.0**-12


def dummy_weights(parameters: Iterable[tuple[str, Any]], dtype: Any = None) -> dict[str, Any]:
    """Tensors of type `dtype`, fp32 where it is None, for named parameters, of which only the
    shapes are read.

    A matrix holds uniform 8-bit integers times 2**-12 (standard deviation 0.018, as in a freshly
    initialised GPT-2), a vector ones where it is a norm's weight and zeros where it is a bias. The
    integers are the raw words of NumPy's PCG64, little end first, seeded with the CRC-32 of the
    parameter's name: unlike draws from torch they do not depend on the CPU, and unlike NumPy's
    distributions the raw stream is promised never to change. Eight bits fit the significand of
    every precision, so fp32, fp16 and bf16 hold the same numbers.
    """
    import torch

    weights = {}
    for name, parameter in parameters:
        if parameter.dim() > 1:
            weights[name] = _matrix(name, tuple(parameter.shape)).to(dtype or torch.float32)
        else:
            fill = 0.0 if name.endswith("bias") else 1.0
            weights[name] = torch.full(tuple(parameter.shape), fill, dtype=dtype)
    return weights


def _matrix(name: str, shape: tuple[int, ...]) -> Any:
    import numpy
    import torch

    size = 1
    for length in shape:
        size *= length
    words = numpy.random.PCG64(zlib.crc32(name.encode())).random_raw((size + 7) // 8)
    integers = numpy.asarray(words, dtype="<u8").view(numpy.int8)[:size]
    return torch.from_numpy(integers.copy()).to(torch.float32).mul_(_SCALE).view(shape)
