"""The page about the command line, as Markdown, from the commands themselves."""

import re
import signal
from collections.abc import Iterator

from cyclopts import App, Argument
from llem_cli.app import app
from llem_cli.interruption import EXIT_CODES
from llem_study.origins import VARIABLES

_INTRODUCTION = """# Command line

Progress, warnings and errors go to stderr; the summary, tables and JSON to stdout. Nothing ever
asks a question. `llem COMMAND --help` says the same as this page, for the installed version.
"""

_EXIT_CODES = """## Exit codes

| code | meaning |
|---|---|
| 0 | it worked, warnings or not |
| 1 | an error: something is in the way of a run, or the run, reading or saving failed |
| 2 | the command line or the configuration is wrong |
| {interrupted} | interrupted by Ctrl-C; what was measured is kept as a partial run |
| {terminated} | ended by SIGTERM, as a scheduler does; likewise |
| {hung_up} | the terminal was closed (SIGHUP); likewise |

They are the same with and without `--json`. `llem measure` ends with the exit code of its command:
128 + N where signal N killed it, 127 where it was not found, 126 where it could not be started.
"""

_VARIABLES = """## Environment variables

`llem config --verbose` shows those of llem's own that are set.

| variable | meaning |
|---|---|
"""

OF_OTHERS = {
    "CUDA_VISIBLE_DEVICES": "which GPUs there are: indices, UUIDs or MIG ids, as CUDA reads it",
    "HF_HUB_CACHE": "where downloaded models are kept; `output.model_cache_dir` wins over it",
    "HF_HUB_OFFLINE": "1: never ask the hub; only models that are in the cache can be run",
    "HF_TOKEN": "access to gated models of the hub",
}
"""Variables of libraries that llem stands on, and whose effect it tells of."""


def command_line_page() -> str:
    """Every command with its arguments, the exit codes and the environment variables."""
    lines = [_INTRODUCTION]
    for name in app:
        if name not in (*app.help_flags, *app.version_flags):
            lines += [*_command(name, app[name]), ""]
    lines += ["`llem --version` prints the version, `--help` or `-h` helps anywhere.", ""]
    lines += [
        _EXIT_CODES.format(
            interrupted=EXIT_CODES[signal.SIGINT],
            terminated=EXIT_CODES[signal.SIGTERM],
            hung_up=EXIT_CODES[signal.SIGHUP],
        )
    ]
    variables = [f"| `{key}` | {text} |" for key, text in sorted((VARIABLES | OF_OTHERS).items())]
    return "\n".join(lines) + "\n" + _VARIABLES + "\n".join(variables) + "\n"


def _command(name: str, command: App) -> Iterator[str]:
    arguments = list(command.assemble_argument_collection(parse_docstring=True))
    yield f"## llem {name}"
    yield ""
    yield str(command.help)
    yield ""
    yield "```text"
    yield _usage(name, command, arguments)
    yield "```"
    yield ""
    yield "| argument | value | meaning |"
    yield "|---|---|---|"
    for argument in arguments:
        yield f"| {_names(argument)} | {_value(argument)} | {_meaning(argument)} |"
    if command.help_epilogue and command.help_epilogue != app.help_epilogue:
        yield ""
        yield "```text"
        yield command.help_epilogue
        yield "```"


def _usage(name: str, command: App, arguments: list[Argument]) -> str:
    if command.usage:
        return command.usage.removeprefix("Usage: ")
    positional = [argument.names[0] for argument in arguments if _is_positional(argument)]
    return " ".join(["llem", name, *(f"[{word}]" for word in positional), "[OPTIONS]"])


def _is_positional(argument: Argument) -> bool:
    return not argument.names[0].startswith("-")


def _names(argument: Argument) -> str:
    return ", ".join(f"`{name}`" for name in argument.names)


def _value(argument: Argument) -> str:
    kind = str(argument.hint)
    if argument.hint is bool:
        return ""
    if "Path" in kind:
        return "path"
    return "number" if "int" in kind else "text"


def _meaning(argument: Argument) -> str:
    text = " ".join((argument.parameter.help or "").split())
    return re.sub(r"(?<!`)(--[a-z][\w-]*(?:[ =][\w.]+=\S*\w)?)", r"`\1`", text).replace("|", r"\|")
