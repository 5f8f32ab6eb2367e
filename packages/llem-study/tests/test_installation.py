"""What `llem config` knows of this machine (CLI-06)."""

from pathlib import Path

import pytest
from llem_contracts import ConfigError
from llem_study import Installation, installation

NO_USER_CONFIG = {"LLEM_CONFIG": "none"}


@pytest.fixture
def found() -> Installation:
    return installation(NO_USER_CONFIG)


class TestInstallation:
    def test_names_the_devices(self, found: Installation) -> None:
        assert "host" in {device.uuid for device in found.devices}

    def test_names_every_meter_with_its_version_and_why_one_is_unusable(
        self, found: Installation
    ) -> None:
        meters = {meter.name: meter for meter in found.meters}
        assert {"none", "nvml", "acme-wattmeter"} <= set(meters)
        assert meters["none"].usable
        assert all(meter.version and meter.summary for meter in found.meters)
        assert all(meter.usable == (meter.reason is None) for meter in found.meters)

    def test_an_unusable_meter_comes_with_its_cure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ACME_WATTMETER", raising=False)
        (acme,) = [m for m in installation(NO_USER_CONFIG).meters if m.name == "acme-wattmeter"]
        assert not acme.usable
        assert "ACME_WATTMETER" in f"{acme.reason} {acme.cure}"
        monkeypatch.setenv("ACME_WATTMETER", '{"idle_w": 40.0, "busy_w": 100.0}')
        (acme,) = [m for m in installation(NO_USER_CONFIG).meters if m.name == "acme-wattmeter"]
        assert (acme.usable, acme.reason, acme.cure) == (True, None, None)

    def test_names_every_backend_with_its_version(self, found: Installation) -> None:
        backends = {backend.name: backend for backend in found.backends}
        assert {"pytorch", "acme-echo"} <= set(backends)
        assert all(backend.usable and backend.version for backend in found.backends)

    def test_names_every_source_of_prompts_with_its_datasets(self, found: Installation) -> None:
        sources = {source.name: source for source in found.prompt_sources}
        assert {"builtin", "synthetic", "files", "hub"} <= set(sources)
        assert all(source.usable and source.version for source in sources.values())
        assert sources["synthetic"].datasets == ("synthetic",)
        assert sources["files"].datasets == (".csv", ".jsonl", ".parquet", ".txt")
        assert sources["hub"].datasets == ("ai-energy-score",)

    def test_names_the_user_config_in_use(self, found: Installation, tmp_path: Path) -> None:
        path = tmp_path / "user.yaml"
        path.write_text("output: {results_dir: mine}\n")
        assert found.user_config is None
        assert installation({"LLEM_CONFIG": str(path)}).user_config == str(path)

    def test_a_broken_user_config_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "user.yaml").write_text("outptu: {}\n")
        with pytest.raises(ConfigError, match="outptu"):
            installation({"LLEM_CONFIG": str(tmp_path / "user.yaml")})
