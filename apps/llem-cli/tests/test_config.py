"""`llem config` shows what is there, why something is not, and what to do next (CLI-06)."""

import json
from pathlib import Path
from typing import Any

import llem
import pytest
from llem_cli.config import config, config_lines
from llem_cli.config_origins import origin_lines, origins_for
from llem_study import BackendStatus, MeterStatus, PromptSourceStatus
from llem_testing import example_accelerator, example_host

NVML = MeterStatus(
    name="nvml",
    version="0.1.0",
    summary="the energy counter",
    usable=False,
    reason="there is no driver",
    cure="Install the driver.",
)
WALL = MeterStatus(
    name="wall", version="2.0.1", summary="a wattmeter", usable=True, reason=None, cure=None
)
PYTORCH = BackendStatus(
    name="pytorch",
    version="0.1.0",
    summary="transformers on torch",
    usable=True,
    reason=None,
    cure=None,
)

HUB = PromptSourceStatus(
    name="hub",
    version="0.1.0",
    summary="a dataset of the hub",
    datasets=("ai-energy-score",),
    usable=True,
    reason=None,
    cure=None,
)


def shown(*, verbose: bool = False, origins: llem.Origins | None = None, **changes: Any) -> str:
    fields: dict[str, Any] = {
        "devices": (example_host(), example_accelerator()),
        "device_problems": (),
        "meters": (NVML, WALL),
        "backends": (PYTORCH,),
        "prompt_sources": (HUB,),
        "user_config": "/home/me/.config/llem/config.yaml",
    }
    found = llem.Installation(**(fields | changes))
    return "\n".join(config_lines(found, verbose=verbose, origins=origins))


class TestPrompts:
    def test_name_each_source_with_the_datasets_that_it_knows(self) -> None:
        assert "  hub 0.1.0: a dataset of the hub (ai-energy-score)" in shown()

    def test_that_cannot_be_had_come_with_the_cure(self) -> None:
        lacking = {"usable": False, "reason": "not installed: pyarrow", "cure": "pip install x"}
        text = shown(prompt_sources=(HUB.model_copy(update=lacking),))
        assert "  hub 0.1.0: not usable here: not installed: pyarrow\n    pip install x" in text


class TestDevices:
    def test_are_named_with_memory_and_driver(self) -> None:
        gpu = example_accelerator()
        assert f"{gpu.uuid}  Example GPU, 81,920 MiB, driver 580.1" in shown()
        assert "host  Example CPU, 4 of 8 cores usable (0-3), 16,384 MiB of memory" in shown()

    def test_come_with_all_their_facts_when_asked(self) -> None:
        assert "power_limit_w: 700.0" in shown(verbose=True)
        assert "power_limit_w" not in shown()

    def test_that_cannot_be_seen_are_told_of(self) -> None:
        assert "  the driver is missing" in shown(device_problems=("the driver is missing",))


class TestPlugins:
    def test_meters_say_what_they_are_or_why_not_and_what_to_do(self) -> None:
        lines = shown().splitlines()
        assert "  wall 2.0.1: a wattmeter" in lines
        position = lines.index("  nvml 0.1.0: not usable here: there is no driver")
        assert lines[position + 1] == "    Install the driver."

    def test_backends_come_with_their_versions(self) -> None:
        assert "  pytorch 0.1.0: transformers on torch" in shown().splitlines()


class TestRest:
    def test_the_user_config_is_named(self) -> None:
        assert "User config: /home/me/.config/llem/config.yaml" in shown()
        assert "User config: none" in shown(user_config=None)

    def test_the_last_line_is_the_next_step(self) -> None:
        assert shown().splitlines()[-1] == "Next: llem run --model builtin:tiny -n 16"
        missing = PYTORCH.model_copy(update={"usable": False, "reason": "not installed: torch"})
        assert "pip install" in shown(backends=(missing,)).splitlines()[-1]


class TestValues:
    def test_come_with_where_each_is_from(self, tmp_path: Path) -> None:
        (tmp_path / "e.yaml").write_text("model: builtin:tiny\nn: 5\n")
        origins = origins_for(tmp_path / "e.yaml", {"warmup.n_warmup": 2})
        lines = [line.split() for line in origin_lines(origins)]
        for row in (
            ["n", "5", "file"],
            ["warmup.n_warmup", "2", "flag"],
            ["precision", "bf16", "default"],
            ["results_dir", "results", "default"],
        ):
            assert row in lines

    def test_of_a_run_that_nobody_described_name_no_model(self) -> None:
        assert "model" not in {value.key for value in origins_for(None, {}).config}
        assert "model" in {value.key for value in origins_for(None, {"model": "m"}).config}

    def test_stand_in_the_table_and_in_the_json_when_asked(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config(json_=True, set_=["n=3"])
        (n,) = [
            v for v in json.loads(capsys.readouterr().out)["origins"]["config"] if v["key"] == "n"
        ]
        assert n == {"key": "n", "value": 3, "origin": "flag"}
        assert "Configuration" in shown(verbose=True, origins=origins_for(None, {}))
        config(verbose=True, json_=True)
        assert "origins" in json.loads(capsys.readouterr().out)
