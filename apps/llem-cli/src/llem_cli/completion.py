"""`llem --install-completion`: the script that makes a shell complete llem's command lines.

cyclopts writes the script. Bash needs more: it takes a word apart at `=` and `:`, which stand in
llem's values, so a function around cyclopts' own puts the words together again. That for zsh is
made to be loaded by name; what is added makes it work where it is sourced, too.
"""

import os
import shlex
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.completion import detect_shell
from cyclopts.completion.detect import ShellDetectionError
from cyclopts.completion.install import get_default_completion_path

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

_WHERE_SOURCED = r"""
if [[ ${funcstack[1]} == _cyclopts_llem ]]; then
  _cyclopts_llem "$@"
else
  (( ${+functions[compdef]} )) || { autoload -Uz compinit && compinit }
  compdef _cyclopts_llem llem
fi
"""
_ADDED = {"bash": _WHOLE_WORDS, "zsh": _WHERE_SOURCED, "fish": ""}


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
            _source_at_start(path, shell)
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

    return app.generate_completion(prog_name="llem", shell=shell) + _ADDED[shell]


def _source_at_start(script: Path, shell: Shell) -> None:
    """Add a line to the shell's start-up file, unless it is there. Fish needs none."""
    home = Path.home()
    start_up = home / ".bashrc"
    if shell == "zsh":
        start_up = Path(os.environ.get("ZDOTDIR") or home) / ".zshrc"
    before = start_up.read_text(encoding="utf-8") if start_up.exists() else ""
    quoted = shlex.quote(str(script))
    line = f"[ -f {quoted} ] && . {quoted}  # llem completes its command lines"
    if line not in before:
        gap = "\n" if before and not before.endswith("\n") else ""
        start_up.write_text(f"{before}{gap}{line}\n", encoding="utf-8")


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
