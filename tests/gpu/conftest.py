"""Tests of this folder need an NVIDIA GPU; without one they are skipped, with the reason."""

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import llem_energy
import pytest
from llem_schema import AcceleratorFacts
from llem_testing.process import Command, isolated

HERE = Path(__file__).parent
SIZE = 8192
"""Rows of a square matrix in fp32, 256 MiB."""
CHOICE = ("CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here, and skip it where no GPU is visible."""
    ours = [item for item in items if HERE in item.path.parents]
    if not ours:
        return
    entries = llem_energy.devices()
    visible = any(isinstance(entry.facts, AcceleratorFacts) for entry in entries)
    for item in ours:
        item.add_marker(pytest.mark.gpu)
        if not visible:
            item.add_marker(pytest.mark.skip(reason="no NVIDIA GPU is visible"))


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is learnt of the boards is learnt anew, and the user's cache is left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LLEM_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def llem(tmp_path: Path) -> Iterator[Command]:
    """The command in an empty folder, on the GPUs that these tests are meant to use."""
    with isolated(tmp_path) as command:
        chosen = {name: os.environ[name] for name in CHOICE if name in os.environ}
        yield replace(command, environ={**command.environ, **chosen})


@pytest.fixture(scope="session")
def torch() -> Any:
    """torch, where it can use the GPU that the driver shows."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("the installed torch cannot use CUDA here")
    return torch


@dataclass(frozen=True)
class Queued:
    """Work that was handed to a GPU."""

    begun: Any
    done: Any
    """CUDA events before and after it."""

    def is_done(self) -> bool:
        """Whether the GPU has come to its end; does not wait."""
        return bool(self.done.query())

    def duration_s(self) -> float:
        """How long it took on the GPU's own clock, once it is done."""
        return float(self.begun.elapsed_time(self.done)) / 1e3


class MatrixProducts:
    """Products of large matrices: work that keeps every visible GPU busy for as long as wanted."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._operands = [
            tuple(torch.rand(SIZE, SIZE, device=f"cuda:{index}") for _ in range(3))
            for index in range(torch.cuda.device_count())
        ]
        self._launch(20)  # pays for libraries and brings the clocks up
        self.synchronize()
        self._each_s = self._time_of_one()

    def work(self, seconds: float) -> None:
        """Keep all GPUs busy for so long, and come back when they are done."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self._launch(2)
            self.synchronize()

    def queue(self, seconds: float) -> Queued:
        """Hand over work that takes at least so long, without waiting for any of it.

        The queue of a GPU holds about a thousand launches; this takes some dozens.
        """
        return self._timed(math.ceil(1.5 * seconds / self._each_s))

    def synchronize(self) -> None:
        """Wait until every GPU is done."""
        for index in range(len(self._operands)):
            self._torch.cuda.synchronize(index)

    def _launch(self, times: int) -> None:
        for _ in range(times):
            for left, right, product in self._operands:
                self._torch.matmul(left, right, out=product)

    def _timed(self, times: int) -> Queued:
        """Events of the first GPU around so many products."""
        events = [self._torch.cuda.Event(enable_timing=True) for _ in range(2)]
        events[0].record()
        self._launch(times)
        events[1].record()
        return Queued(*events)

    def _time_of_one(self) -> float:
        queued = self._timed(10)
        self.synchronize()
        return queued.duration_s() / 10


@pytest.fixture(scope="session")
def products(torch: Any) -> MatrixProducts:
    """Work for the GPUs, its libraries loaded."""
    return MatrixProducts(torch)
