"""The `pytorch` section of a config."""

from typing import Literal

from pydantic import Field

from llem_schema.frozen import JsonObject
from llem_schema.model import Model


class PyTorchConfig(Model):
    """Settings of the PyTorch backend. None leaves the choice to the backend."""

    device: Literal["auto", "cpu", "cuda"] | None = None
    """Where the model runs; `auto` takes the first CUDA device when torch sees one."""
    batch_size: int | None = Field(default=None, ge=1)
    """Prompts per call of `generate`; the backend's default is 1."""
    attn_implementation: str | None = Field(default=None, min_length=1)
    """Attention implementation by the name that transformers gives it, such as `sdpa`."""
    model_kwargs: JsonObject | None = None
    """Extra arguments of `from_pretrained`, passed as they stand."""

    batching: Literal["static", "length_buckets"] | None = None
    """How prompts come together: `static` batches in the given order, the default;
    `length_buckets`, batches of prompts of like length, so that little is padded."""
