"""The shell completes commands, options, and values that llem alone knows."""

import shutil
import subprocess
import sys
from pathlib import Path

import llem
import pytest
from llem_cli.app import app
from llem_cli.completion import completion_script, install_completion


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
        ],
    )
    def test_are_offered(
        self, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], value: str
    ) -> None:
        assert value in offered(capsys, *words)


class TestScript:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_of_every_shell_asks_the_program(self, shell: str) -> None:
        script = completion_script(shell)  # type: ignore[arg-type]
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

    def test_puts_the_script_where_the_shell_looks(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert install_completion("bash") == 0
        written = Path(capsys.readouterr().out.splitlines()[0].removeprefix("Wrote "))
        assert home in written.parents
        assert written.read_text() == completion_script("bash")
        assert str(written) in (home / ".bashrc").read_text()

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
