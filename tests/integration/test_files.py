"""Where a run leaves files: in its results folder and its cache alone (INF-20, RES-21)."""

from pathlib import Path

import pytest
from llem_testing.process import SHORT_RUN, Command

WATTMETER = "--set=energy.meter=acme-wattmeter"
ACME = {"ACME_WATTMETER": '{"idle_w": 40.0, "busy_w": 100.0}'}
BACKENDS = {
    "pytorch": ("--model", "builtin:tiny"),
    "acme-echo": ("--model", "acme:echo", "--precision", "fp32"),
}


class TestFiles:
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_are_the_same_three_for_every_backend_and_lie_nowhere_else(
        self, llem: Command, tmp_path: Path, backend: str
    ) -> None:
        done = llem(
            "run", "-b", backend, *BACKENDS[backend], "-n", "2", *SHORT_RUN, WATTMETER, env=ACME
        )
        assert done.code == 0, done.stderr
        (run,) = llem.run_folders()
        # The command's home and its temporary files lie below the same folder.
        written = {path for path in tmp_path.rglob("*") if path.is_file()}
        cache = Path(llem.environ["LLEM_CACHE_DIR"])
        assert {path for path in written if cache not in path.parents} == {
            run / name for name in ("result.json", "timeseries.parquet", "requests.parquet")
        }
