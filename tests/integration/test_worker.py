"""The worker: one order in a process of its own."""

import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from llem_contracts import RunSaved, event_from_json
from llem_store import load_result
from llem_study import resolve
from llem_testing.process import Command


@pytest.fixture
def worker(llem: Command) -> Command:
    """The worker in the place of `llem`."""
    return replace(llem, program=(sys.executable, "-m", "llem_harness.worker"))


def order_file(folder: Path, **overrides: object) -> Path:
    order = resolve(
        None,
        {"model": "acme:echo", "backend": "acme-echo", "precision": "fp32", "n": 2,
         "max_output_tokens": 3, "min_window_s": 0.0, **overrides},
        output_dir=folder / "results",
        environ={"LLEM_CONFIG": "none"},
    )  # fmt: skip
    path = folder / "order.json"
    path.write_text(order.model_dump_json())
    return path


class TestWorker:
    def test_events_are_json_lines_and_the_result_is_on_disk(self, worker: Command) -> None:
        done = worker(str(order_file(worker.folder)))
        assert done.code == 0, done.stderr
        events = [event_from_json(line) for line in done.stdout.splitlines()]
        (saved,) = [event for event in events if event.type == "run_saved"]
        assert load_result(Path(saved.path)).result.output_tokens == 6

    def test_the_result_is_there_when_the_line_that_says_so_arrives(self, worker: Command) -> None:
        with worker.start(str(order_file(worker.folder))) as running:
            saved = running.wait_for_event("run_saved", on="stdout")
            assert isinstance(saved, RunSaved)
            assert load_result(Path(saved.path)).result.requests > 0
            running.finish()

    def test_a_failure_is_an_event_and_exit_1(self, worker: Command) -> None:
        done = worker(str(order_file(worker.folder, dataset="none.txt")))
        assert done.code == 1
        last = event_from_json(done.stdout.splitlines()[-1])
        assert last.type == "run_failed"
        assert last.error == "PreFlightError"

    def test_it_reads_no_user_config(self, worker: Command) -> None:
        """Everything was resolved before: what the order says is all there is."""
        (worker.folder / "user.yaml").write_text("nonsense: {}\n")
        done = worker(str(order_file(worker.folder)), env={"LLEM_CONFIG": "user.yaml"})
        assert done.code == 0, done.stderr
        assert "nonsense" not in done.stderr

    def test_what_is_no_order_exits_2(self, worker: Command) -> None:
        (worker.folder / "order.json").write_text("{}")
        assert worker("order.json").code == 2
        assert worker("none.json").code == 2
        assert worker().code == 2

    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
    )
    def test_a_signal_ends_it_with_its_exit_code(
        self, worker: Command, number: signal.Signals, code: int
    ) -> None:
        with worker.start(str(order_file(worker.folder, min_window_s=60.0))) as running:
            running.wait_for_event("phase_started", on="stdout", phase="measure")
            running.send(number)
            done = running.finish()
        assert done.code == code
        assert "Traceback" not in done.stderr
        assert event_from_json(done.stdout.splitlines()[-1]).type == "run_failed"
