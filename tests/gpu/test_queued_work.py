"""CUDA returns before the work is done. A window that is synchronised has all of it inside."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llem_contracts import GeneratedRequest, GenerationRequest, SystemClock, create
from llem_energy import EnergyMonitor
from llem_energy.descriptors import NVML_DEVICES
from llem_harness import ports_for, run
from llem_schema import ExperimentConfig, RunSettings
from llem_testing import ScriptedBackend, ScriptedModel, example_config, example_order

QUEUED_S = 1.0
"""Work that certainly takes longer than all that a test does beside it."""


@pytest.fixture(autouse=True)
def _nothing_queued(products: Any) -> Iterator[None]:
    """No test leaves work for the next."""
    yield
    products.synchronize()


class TestWindow:
    def test_closes_when_the_work_is_done(self, torch: Any, products: Any) -> None:
        with EnergyMonitor("nvml") as monitor:
            with monitor.window("synchronised", sync=torch.cuda.synchronize) as window:
                queued = products.queue(QUEUED_S)
                assert not queued.is_done()
            assert queued.is_done()
            assert QUEUED_S < queued.duration_s() <= window.reading.duration_s

    def test_closes_before_that_when_it_is_not_synchronised(self, products: Any) -> None:
        with EnergyMonitor("nvml") as monitor:
            with monitor.window("not synchronised") as window:
                queued = products.queue(QUEUED_S)
            assert not queued.is_done()
            products.synchronize()
            assert queued.duration_s() > window.reading.duration_s


class TestBackend:
    def test_waits_for_the_gpu_when_it_is_synchronised(self, products: Any) -> None:
        plugin = pytest.importorskip("llem_backend_pytorch.descriptors")
        config = example_config(pytorch={"device": "cuda"})
        with create(plugin.PYTORCH, RunSettings()).load(config) as model:
            queued = products.queue(QUEUED_S)
            assert not queued.is_done()
            model.synchronize()
            assert queued.is_done()


class QueueingBackend(ScriptedBackend):
    """A model that hands a second of work to the GPU in each call, and returns at once."""

    def __init__(self, products: Any, uuid: str) -> None:
        super().__init__(
            SystemClock(), logical_devices=("cuda:0",), uuids=(uuid,), prefill_s=0.001, step_s=0.001
        )
        self.products = products
        self.queued: list[Any] = []

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator["QueueingModel"]:
        with super().load(config):
            yield QueueingModel(self, config)


class QueueingModel(ScriptedModel):
    def __init__(self, backend: QueueingBackend, config: ExperimentConfig) -> None:
        super().__init__(backend, config)
        self._gpu = backend

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        progress: Callable[[int], None] | None = None,
        **options: Any,
    ) -> tuple[GeneratedRequest, ...]:
        self._gpu.queued.append(self._gpu.products.queue(QUEUED_S))
        return super().generate(requests, progress, **options)

    def synchronize(self) -> None:
        super().synchronize()
        self._gpu.products.synchronize()


class TestRun:
    def test_has_all_its_work_inside_the_window(self, products: Any, tmp_path: Path) -> None:
        gpu = create(NVML_DEVICES, RunSettings()).visible()[0]
        backend = QueueingBackend(products, gpu.uuid)
        order = example_order(
            tmp_path,
            precision="fp32",
            energy={"meter": "nvml"},
            baseline={"enabled": False},
            warmup={"n_warmup": 0, "thermal": "off"},
            min_window_s=2 * QUEUED_S,
        )
        result = run(order, replace(ports_for(order), backend=backend))
        assert result.passes == len(backend.queued) > 1
        assert all(queued.is_done() for queued in backend.queued)
        queued_s = sum(queued.duration_s() for queued in backend.queued)
        assert QUEUED_S < queued_s <= result.window_duration_s
