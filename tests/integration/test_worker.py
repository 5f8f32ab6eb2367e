"""The worker: one order in a process of its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from llem_contracts import event_from_json
from llem_store import load_result
from llem_study import resolve
from llem_testing.process import Command


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


def worker(llem: Command, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "llem_harness.worker", *arguments],
        cwd=llem.folder,
        env=dict(llem.environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestWorker:
    def test_events_are_json_lines_and_the_result_is_on_disk(self, llem: Command) -> None:
        done = worker(llem, str(order_file(llem.folder)))
        assert done.returncode == 0, done.stderr
        events = [event_from_json(line) for line in done.stdout.splitlines()]
        (saved,) = [event for event in events if event.type == "run_saved"]
        assert load_result(Path(saved.path)).result.output_tokens == 6

    def test_the_result_is_there_when_the_line_that_says_so_arrives(self, llem: Command) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "llem_harness.worker", str(order_file(llem.folder))],
            env=dict(llem.environ),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            document = json.loads(line)
            if document["type"] == "run_saved":
                assert load_result(Path(document["path"])).result.requests > 0
                break
        else:
            raise AssertionError("the worker never said that it saved")
        process.communicate(timeout=30)

    def test_a_failure_is_an_event_and_exit_1(self, llem: Command) -> None:
        done = worker(llem, str(order_file(llem.folder, dataset="none.txt")))
        assert done.returncode == 1
        last = event_from_json(done.stdout.splitlines()[-1])
        assert last.type == "run_failed"
        assert last.error == "PreFlightError"

    def test_what_is_no_order_exits_2(self, llem: Command) -> None:
        (llem.folder / "order.json").write_text("{}")
        assert worker(llem, "order.json").returncode == 2
        assert worker(llem, "none.json").returncode == 2
        assert worker(llem).returncode == 2

    def test_an_order_of_a_newer_llem_exits_2_and_says_what_to_do(self, llem: Command) -> None:
        path = order_file(llem.folder)
        path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 2}))
        done = worker(llem, str(path))
        assert done.returncode == 2
        assert "schema version 2" in done.stderr
        assert "Upgrade the llem packages." in done.stderr

    def test_ctrl_c_exits_130(self, llem: Command) -> None:
        path = order_file(llem.folder, min_window_s=60.0)
        process = subprocess.Popen(
            [sys.executable, "-m", "llem_harness.worker", str(path)],
            env=dict(llem.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if '"phase":"measure"' in line:
                process.send_signal(signal.SIGINT)
                break
        rest, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in errors
        assert event_from_json(rest.splitlines()[-1]).type == "run_failed"
