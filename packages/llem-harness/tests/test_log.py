"""The library emits records and writes nothing by itself."""

import logging
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from llem_harness.baseline_cache import BaselineCache
from llem_testing import example_host


class TestRecord:
    def test_has_its_fields_and_the_name_of_its_module(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        cache = BaselineCache(str(tmp_path), "scripted", [example_host()])
        (tmp_path / "baselines").write_text("a file where a folder belongs")
        with caplog.at_level(logging.DEBUG, logger="llem_harness"):
            assert cache.find(datetime.now(UTC), None) is None
        (record,) = caplog.records
        assert (record.name, record.levelname) == ("llem_harness.baseline_cache", "INFO")
        assert record.getMessage() == "idle power unreadable"
        assert str(tmp_path) in record.__dict__["file"]


class TestSilence:
    def test_is_kept_where_no_application_listens(self) -> None:
        """In a process of its own: pytest listens."""
        code = (
            "import logging\n"
            "from llem_harness import logger\n"
            "logger('llem_harness.x').info('told', a=1)\n"
            "assert not logging.getLogger().handlers\n"
            "assert not logging.getLogger('llem_harness').handlers\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
