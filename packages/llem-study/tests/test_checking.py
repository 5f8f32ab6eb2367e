"""Pre-flight alone: of this machine, or of one experiment (CLI-06)."""

from pathlib import Path

import pytest
from llem_contracts import ConfigError
from llem_study import PreFlightReport, check_machine, check_order, resolve
from llem_study.checking import backend_problems
from llem_study.installation import BackendStatus

NO_USER_CONFIG = {"LLEM_CONFIG": "none"}
USABLE = BackendStatus(name="a", version="1", summary="", usable=True, reason=None, cure=None)
BARE = BackendStatus(
    name="b",
    version="1",
    summary="",
    usable=False,
    reason="not installed: torch",
    cure="pip install b[torch]",
)


def codes(report: PreFlightReport) -> set[str]:
    return {problem.code for problem in report.problems}


def user_config(folder: Path, text: str) -> dict[str, str]:
    path = folder / "user.yaml"
    path.write_text(text)
    return {"LLEM_CONFIG": str(path), "LLEM_CACHE_DIR": str(folder / "cache")}


class TestMachine:
    def test_is_looked_at_with_the_folders_and_the_meter_of_the_user_config(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        environ = user_config(
            tmp_path,
            f"output: {{results_dir: {tmp_path}/file, model_cache_dir: {tmp_path}/file}}\n"
            "measurement: {meter: none}\n",
        )
        report = check_machine(environ)
        assert report.blocked
        assert report.problems[0].code == "results_dir_not_a_folder"
        assert "cache_not_writable" in codes(report)
        assert "no_sensor" not in codes(report)

    def test_in_order_is_not_blocked_and_nothing_is_made(self, tmp_path: Path) -> None:
        environ = user_config(tmp_path, f"output: {{results_dir: {tmp_path}/new}}\n")
        report = check_machine(environ)
        assert not report.blocked
        assert all(problem.cure for problem in report.problems)
        assert [path.name for path in tmp_path.iterdir()] == ["user.yaml"]

    def test_whose_user_config_names_an_unknown_meter_is_blocked(self, tmp_path: Path) -> None:
        report = check_machine(user_config(tmp_path, "measurement: {meter: nothing}\n"))
        assert report.blocked
        assert codes(report) == {"plugin_unusable"}

    def test_with_a_broken_user_config_is_a_config_error(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="outptu"):
            check_machine(user_config(tmp_path, "outptu: {}\n"))


class TestOrder:
    def test_has_everything_that_is_wrong_and_what_there_is_to_know(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        order = resolve(
            None,
            {"model": "m", "backend": "acme-echo", "precision": "fp32", "dataset": "none.jsonl"},
            output_dir=tmp_path / "file",
            environ=NO_USER_CONFIG,
        )
        report = check_order(order)
        assert report.blocked
        assert report.subject == "m on acme-echo, fp32"
        assert {"dataset_not_found", "results_dir_not_a_folder"} <= codes(report)

    def test_of_a_plugin_that_is_not_there_is_a_report_too(self) -> None:
        order = resolve(None, {"model": "builtin:tiny"}, environ=NO_USER_CONFIG)
        gone = order.config.model_copy(update={"backend": "nobody"})
        report = check_order(order.model_copy(update={"config": gone}))
        assert (report.blocked, codes(report)) == (True, {"plugin_unusable"})


class TestBackends:
    def test_of_which_one_can_be_used_are_no_problem(self) -> None:
        assert backend_problems([BARE, USABLE]) == ()

    def test_of_which_none_can_stop_every_run_with_what_installs_one(self) -> None:
        (problem,) = backend_problems([BARE])
        assert (problem.code, problem.blocking) == ("no_backend", True)
        assert "b: not installed: torch" in problem.message
        assert "pip install b[torch]" in problem.cure
        (problem,) = backend_problems([])
        assert "pip install" in problem.cure
