"""What the workflows run is there, and they hold no more power than they need."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from workspace import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "hatch.toml").read_text())


def parsed(name: str) -> dict[str, Any]:
    """A workflow. YAML takes its key `on` for a truth value; here it is `on` again."""
    document: dict[Any, Any] = yaml.safe_load(
        (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()
    )
    return {"on" if key is True else key: value for key, value in document.items()}


def commands(workflow: dict[str, Any]) -> list[str]:
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [step["run"] for step in steps if "run" in step]


every_workflow = pytest.mark.parametrize("name", [path.stem for path in WORKFLOWS])
every_document = pytest.mark.parametrize(
    "document",
    [*WORKFLOWS, ROOT / ".ci" / "run", ROOT / "README.md", ROOT / "CONTRIBUTING.md"],
    ids=lambda path: path.name,
)


class TestHatchScripts:
    @every_document
    def test_that_are_named_are_there(self, document: Path) -> None:
        named = re.findall(r"hatch run ((?:\+\S+ )*)([a-z][\w-]*)(?::(\w+))?", document.read_text())
        for choices, first, second in named:
            environment, script = (first, second) if second else ("default", first)
            settings = SETTINGS["envs"].get(environment, {})
            inherited = {} if settings.get("detached") else SETTINGS["envs"]["default"]
            scripts = {**inherited.get("scripts", {}), **settings.get("scripts", {})}
            assert script in scripts, f"{document.name}: hatch run {first}:{second}"
            for choice in choices.split():
                variable, value = choice.removeprefix("+").split("=")
                values = [v for row in settings["matrix"] for v in row.get(variable, ())]
                assert value in values, f"{document.name}: {choice}"

    def test_name_files_that_are_there(self) -> None:
        scripts = [
            line
            for environment in SETTINGS["envs"].values()
            for script in environment.get("scripts", {}).values()
            for line in ([script] if isinstance(script, str) else script)
        ]
        files = [file for line in scripts for file in re.findall(r"[\w/]+\.py|tests/\w+", line)]
        assert files
        assert [file for file in files if not (ROOT / file).exists()] == []


class TestEveryWorkflow:
    @every_workflow
    def test_may_read_and_nothing_else(self, name: str) -> None:
        workflow = parsed(name)
        assert workflow["permissions"] == {"contents": "read"}
        assert not [job for job in workflow["jobs"].values() if "permissions" in job]
        assert "secrets." not in (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()

    @every_workflow
    def test_ends_by_itself(self, name: str) -> None:
        workflow = parsed(name)
        assert all(0 < job["timeout-minutes"] <= 180 for job in workflow["jobs"].values())

    @every_workflow
    def test_runs_once_at_a_time_for_what_it_looks_at(self, name: str) -> None:
        assert parsed(name)["concurrency"]["group"]

    @every_workflow
    def test_can_be_started_by_hand(self, name: str) -> None:
        assert "workflow_dispatch" in parsed(name)["on"]

    @every_workflow
    def test_fails_where_the_first_command_of_a_pipe_fails(self, name: str) -> None:
        steps = [step for job in parsed(name)["jobs"].values() for step in job["steps"]]
        pipes = [step for step in steps if "|" in step.get("run", "")]
        assert all(step.get("shell") == "bash" for step in pipes)

    @every_workflow
    def test_runs_files_that_are_there(self, name: str) -> None:
        for command in commands(parsed(name)):
            for file in re.findall(r"(?:tools|constraints|\.ci)/[\w.]+", command):
                assert (ROOT / file).is_file(), command


class TestCI:
    def test_runs_what_the_readme_says_on_every_python_that_is_supported(self) -> None:
        job = parsed("ci")["jobs"]["test"]
        assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
        assert "bash .ci/run" in [step.get("run") for step in job["steps"]]

    def test_runs_on_main_and_on_every_pull_request(self) -> None:
        when = parsed("ci")["on"]
        assert when["push"] == {"branches": ["main"]}
        assert when["pull_request"] is None

    @pytest.mark.parametrize(
        "command",
        [
            "hatch run solo:test",
            "hatch run docs:build",
            'python tools/documents.py "Run it" | bash -euo pipefail',
        ],
    )
    def test_runs_what_takes_a_package_index(self, command: str) -> None:
        assert command in commands(parsed("ci"))


class TestSlow:
    def test_runs_every_week(self) -> None:
        workflow = parsed("slow")
        (when,) = workflow["on"]["schedule"]
        assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["cron"])
        assert {"hatch run test:slow", "hatch run meters:test"} <= set(commands(workflow))

    def test_lets_no_figure_decide(self) -> None:
        steps = parsed("slow")["jobs"]["bench"]["steps"]
        (bench,) = [step for step in steps if step.get("run") == "hatch run bench"]
        assert bench["continue-on-error"] is True


class TestGpu:
    def test_runs_on_main_every_week_and_where_a_pull_request_touches_the_measuring(self) -> None:
        when = parsed("gpu")["on"]
        assert when["push"] == {"branches": ["main"]}
        assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", when["schedule"][0]["cron"])
        assert {
            "packages/llem-backend-pytorch/**",
            "packages/llem-energy/**",
            "packages/llem-harness/**",
            "tests/gpu/**",
        } <= set(when["pull_request"]["paths"])

    def test_looks_at_paths_that_are_there(self) -> None:
        paths = parsed("gpu")["on"]["pull_request"]["paths"]
        assert [path for path in paths if not list(ROOT.glob(path))] == []

    def test_never_runs_a_forks_code_on_ones_own_machine(self) -> None:
        (job,) = parsed("gpu")["jobs"].values()
        assert "self-hosted" in job["runs-on"]
        assert "pull_request.head.repo.full_name == github.repository" in job["if"]

    def test_never_shares_the_gpu(self) -> None:
        assert parsed("gpu")["concurrency"] == {"group": "gpu", "cancel-in-progress": False}

    def test_runs_the_gpu_tests(self) -> None:
        assert ".hatch/bin/hatch run gpu:test" in commands(parsed("gpu"))
