"""Which CUDA, and who says so (CM-33)."""

import json
from pathlib import Path

from llem_harness.environment.cuda import cuda_version


def toolkit(folder: Path, text: str) -> Path:
    (folder / "version.json").write_text(text)
    return folder


class TestCudaVersion:
    def test_the_engines_own_comes_first(self, tmp_path: Path) -> None:
        found = cuda_version(
            {"cuda": "13.0"},
            toolkit=toolkit(tmp_path, json.dumps({"cuda": {"version": "12.4.1"}})),
            nvcc_output=lambda: "release 11.8",
        )
        assert found == ("13.0", "torch")

    def test_then_the_version_file(self, tmp_path: Path) -> None:
        found = cuda_version(
            {"cuda": None},
            toolkit=toolkit(tmp_path, json.dumps({"cuda": {"version": "12.4.1"}})),
            nvcc_output=lambda: "release 11.8",
        )
        assert found == ("12.4.1", "version file")

    def test_then_nvcc_also_after_a_broken_version_file(self, tmp_path: Path) -> None:
        found = cuda_version(
            {},
            toolkit=toolkit(tmp_path, "{"),
            nvcc_output=lambda: "Cuda compilation tools, release 12.1, V12.1.66",
        )
        assert found == ("12.1", "nvcc")

    def test_else_none(self, tmp_path: Path) -> None:
        assert cuda_version({}, toolkit=tmp_path, nvcc_output=lambda: None) == (None, None)
