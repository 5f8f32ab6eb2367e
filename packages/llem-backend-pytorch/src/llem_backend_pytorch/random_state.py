"""The state of torch's random numbers, which belongs to the process."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Whatever is drawn or seeded inside, the caller's own draws go on where they were."""
    import torch

    cuda: Any = torch.cuda
    host = torch.get_rng_state()
    devices = cuda.get_rng_state_all() if cuda.is_initialized() else None
    try:
        yield
    finally:
        torch.set_rng_state(host)
        if devices is not None:
            cuda.set_rng_state_all(devices)
