"""`llem --install-completion`: the script that makes a shell complete llem's command lines.

cyclopts writes the script. Bash alone needs more: it takes a word apart at `=` and `:`, which stand
in llem's values, so a function around cyclopts' own puts the words together again.
"""

import os
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.completion import detect_shell
from cyclopts.completion.detect import ShellDetectionError
from cyclopts.completion.install import add_to_rc_file, get_default_completion_path

Shell = Literal["bash", "zsh", "fish"]

_WHOLE_WORDS = r"""
_llem_whole_words() {
  local line="${COMP_LINE:0:COMP_POINT}" breaks="${COMP_WORDBREAKS//[^=:]/}"
  local -a COMP_WORDS
  read -ra COMP_WORDS <<< "$line"
  [[ $line == *[[:space:]] ]] && COMP_WORDS+=("")
  local word="${COMP_WORDS[${#COMP_WORDS[@]}-1]}"
  if [[ $word == --*=* ]]; then
    unset "COMP_WORDS[${#COMP_WORDS[@]}-1]"
    COMP_WORDS+=("${word%%=*}" "=" "${word#*=}")
    word="${word#*=}"
  fi
  local COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
  _llem "$@"
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  if [[ -n $breaks && $word == *["$breaks"]* ]]; then
    local typed="${word%"${word##*["$breaks"]}"}"
    COMPREPLY=("${COMPREPLY[@]#"$typed"}")
  fi
}

complete -F _llem_whole_words llem
"""


def install_completion(
    shell: Shell | None = None,
    /,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
) -> int:
    """Make this shell complete llem's commands, options, models, meters and --set keys.

    Without OUTPUT the script goes where the shell looks for it, and bash's and zsh's start-up file
    is told of it.

    Parameters
    ----------
    shell
        bash, zsh or fish [default: the shell that runs].
    output
        Write the script to this file and change nothing else.
    """
    import llem

    shell = shell or _running_shell()
    try:
        path = (output or get_default_completion_path(shell, "llem")).absolute()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(completion_script(shell), encoding="utf-8")
        if output is None and shell != "fish":
            add_to_rc_file(path, "llem", shell)
    except OSError as error:
        raise llem.ConfigError(
            f"the completion script cannot be written: {error}",
            cure="Name a file that can be written: --output FILE.",
        ) from error
    print(f"Wrote {path}")
    print(f"Open a new {shell}, or run: source {path}")
    return 0


def completion_script(shell: Shell) -> str:
    """The script for a shell."""
    from llem_cli.app import app

    script = app.generate_completion(prog_name="llem", shell=shell)
    return script + _WHOLE_WORDS if shell == "bash" else script


def _running_shell() -> Shell:
    import llem

    known: dict[str, Shell] = {"bash": "bash", "zsh": "zsh", "fish": "fish"}
    try:
        found: str = detect_shell()
    except ShellDetectionError:
        found = Path(os.environ.get("SHELL", "")).name
    if found not in known:
        raise llem.ConfigError(
            "it is not known which shell this is",
            cure="Name it: llem --install-completion bash, zsh or fish.",
        )
    return known[found]
