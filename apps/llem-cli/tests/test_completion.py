"""The shell completes commands, options, and values that llem alone knows."""

import shutil
import subprocess
import sys
from pathlib import Path

import llem
import pytest
from llem_cli.app import app
from llem_cli.completion import Shell, completion_script, install_completion


def offered(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """What the program gives the shell for the last of the words."""
    app(["__complete", *words], result_action="return_value")
    _, _, records = capsys.readouterr().out.partition("\x1fbegin\n")
    return [record.partition("\t")[0] for record in records.splitlines()]


class TestValues:
    @pytest.mark.parametrize(
        ("words", "value"),
        [
            (("run", "--model", ""), "builtin:tiny"),
            (("run", "-b", ""), "acme-echo"),
            (("run", "-d", ""), "builtin"),
            (("run", "--precision", ""), "bf16"),
            (("run", "--set", ""), "pytorch.batch_size="),
            (("run", "--set", "acme"), "acme-echo.step_ms="),
            (("run", "--set", "warmup.thermal="), "warmup.thermal=plateau"),
            (("run", "--set", "baseline.enabled=f"), "baseline.enabled=false"),
            (("measure", "--meter", ""), "nvml"),
            (("show", "--sort", "energy_t"), "energy_total_j"),
            (("show", "--columns", ""), "all"),
            (("show", "--columns", "mod"), "model"),
            (("show", "--columns", "path,model,"), "path,model,precision"),
        ],
    )
    def test_are_offered(
        self, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], value: str
    ) -> None:
        assert value in offered(capsys, *words)

    def test_that_stand_there_are_not_offered_again(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = offered(capsys, "show", "--columns", "path,model,")
        assert found
        assert not {"path,model,path", "path,model,model", "path,model,all"} & set(found)


class TestScript:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_of_every_shell_asks_the_program(self, shell: Shell) -> None:
        script = completion_script(shell)
        assert "__complete" in script
        assert all(word in script for word in ("--set", "--model", "--meter", "measure"))

    @pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
    def test_completes_in_bash_across_colons_and_equals_signs(self, tmp_path: Path) -> None:
        script = tmp_path / "llem.bash"
        script.write_text(completion_script("bash"))
        lines = (
            "llem run --dr",
            "llem run -m builtin:t",
            "llem run --set warmup.the",
            "llem run --set=warmup.thermal=p",
        )
        asked = "\n".join(
            f'COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}; _llem_whole_words llem; '
            f'echo "${{COMPREPLY[*]}}"'
            for line in lines
        )
        done = subprocess.run(
            ["bash", "--norc", "-c", f'source "{script}"\n{asked}'],
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LLEM_CONFIG": "none"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines() == [
            "--dry-run",
            "tiny tinyllama-1.1b",
            "warmup.thermal= warmup.thermal_floor_seconds=",
            "plateau",
        ]


class TestInstall:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZSH_CUSTOM", "ZDOTDIR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))
        return tmp_path

    @pytest.mark.parametrize(("shell", "start_up"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
    def test_puts_the_script_where_the_shell_looks(
        self, home: Path, capsys: pytest.CaptureFixture[str], shell: Shell, start_up: str
    ) -> None:
        assert install_completion(shell) == 0
        written = Path(capsys.readouterr().out.splitlines()[0].removeprefix("Wrote "))
        assert home in written.parents
        assert written.read_text() == completion_script(shell)
        assert str(written) in (home / start_up).read_text()

    @pytest.mark.parametrize("before", ["alias l=ls", "alias l=ls\n"])
    def test_adds_one_line_to_what_is_there_however_often(self, home: Path, before: str) -> None:
        (home / ".zshrc").write_text(before)
        for _ in range(2):
            install_completion("zsh")
        first, added = (home / ".zshrc").read_text().splitlines()
        assert first == "alias l=ls"
        assert added.startswith("[ -f ")

    def test_heeds_where_zsh_keeps_its_files(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (home / "dots").mkdir()
        monkeypatch.setenv("ZDOTDIR", str(home / "dots"))
        install_completion("zsh")
        assert (home / "dots" / ".zshrc").exists()
        assert not (home / ".zshrc").exists()

    def test_of_fish_needs_no_line(self, home: Path) -> None:
        install_completion("fish")
        assert [path.name for path in home.iterdir()] == [".config"]

    def test_to_a_file_touches_nothing_else(self, home: Path) -> None:
        app(
            ["--install-completion", "zsh", "-o", str(home / "_llem")],
            result_action="return_value",
        )
        assert [path.name for path in home.iterdir()] == ["_llem"]

    def test_to_a_place_that_cannot_be_written_says_so(self, home: Path) -> None:
        (home / "file").write_text("")
        with pytest.raises(llem.ConfigError, match="cannot be written"):
            install_completion("fish", output=home / "file" / "llem.fish")
