"""Runs in the same folder whose process died without a word are made partial ones."""

from pathlib import Path

from llem_contracts import Notice

from llem_harness.ports import Ports


def clean_up(results_dir: Path, ports: Ports) -> None:
    """Clean up, and say of each what became of it."""
    for dead in ports.store.clean_up(results_dir):
        phase = f"in the phase {dead.phase}" if dead.phase else "before its first phase"
        end = f"A run died {phase} without a word"
        if dead.kept:
            message = f"{end}; what it measured until then is in {dead.path}, as a partial run."
        else:
            message = f"{end} and had measured nothing; its folder {dead.path} is removed."
        ports.listener(Notice(code="dead_run", message=message))
