"""Puts the result on disk; what was measured is not lost when that fails."""

from pathlib import Path

from llem_contracts import (
    ExperimentError,
    RunHandle,
    RunSaved,
    StoreError,
    UnsavedResult,
)
from llem_schema import ExperimentResult, WorkOrder

from llem_harness.ports import Ports
from llem_harness.recorder import RunRecorder


def save(
    result: ExperimentResult,
    handle: RunHandle,
    recorder: RunRecorder,
    order: WorkOrder,
    ports: Ports,
) -> None:
    """Commit the run.

    Raises `ExperimentError` that names the fallback folder when the run's own folder cannot be
    written, and `UnsavedResult` when neither can.
    """
    recorder.finish()
    try:
        if recorder.failure is not None:
            raise recorder.failure
        stored = handle.commit(result)
    except StoreError as error:
        try:
            kept = _rescue(result, recorder, order, ports)
        except StoreError as second:
            raise UnsavedResult(
                "the result could be saved neither where it was meant to go "
                f"({error}) nor in its stead ({second})",
                cure="The result comes with this error: keep it on a disk that has room.",
                result=result,
            ) from error
        raise ExperimentError(
            f"the result could not be saved where it was meant to go ({error}); it is in {kept}",
            cure="Move that folder to where it belongs once there is room and permission.",
        ) from error
    ports.listener(RunSaved(path=str(stored.path)))


def _rescue(
    result: ExperimentResult,
    recorder: RunRecorder,
    order: WorkOrder,
    ports: Ports,
) -> Path:
    settings = order.settings.model_copy(update={"results_dir": str(ports.fallback_dir)})
    handle = ports.store.begin(order.model_copy(update={"settings": settings}))
    samples = recorder.series()
    if samples:
        handle.append(samples)
    handle.requests(recorder.records())
    return handle.commit(result).path
