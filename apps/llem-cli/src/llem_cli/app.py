"""The command `llem`: which commands there are, and how each ends."""

import shlex
import sys

from cyclopts import App, CycloptsError, UnusedCliTokensError

from llem_cli import __version__, interruption
from llem_cli.help_text import HelpText
from llem_cli.printing import outliving_its_reader

_RUN_EXAMPLES = """Examples:
  llem run --model builtin:tiny -n 16         no network, no GPU
  llem run -m gpt2 --batch-size 8 -o results  a model of the hub
  llem run experiment.yaml --set n=8          a file, with one field changed
  llem run experiment.yaml --dry-run          check and estimate, run nothing
  llem run experiment.yaml --json             the result alone, for a program"""

app = App(
    name="llem",
    help="What does this model cost to run? Energy, throughput, FLOPs and memory of LLM inference.",
    version=__version__,
    help_format="plaintext",
    help_formatter=HelpText(),
    help_epilogue="First steps: llem run --model builtin:tiny -n 16",
    suppress_keyboard_interrupt=False,
)
app.command(
    "llem_cli.run:run",
    name="run",
    help="Measure one configuration, from flags or from a file.",
    help_epilogue=_RUN_EXAMPLES,
)
app.command(
    "llem_cli.config:config",
    name="config",
    help="Show the devices, meters and backends of this machine.",
)
app.command(
    "llem_cli.show:show",
    name="show",
    help="Show one result in detail, or a folder of results as a table.",
)
app.command(
    "llem_cli.measure:measure",
    name="measure",
    help="Measure the energy of any command.",
    usage="Usage: llem measure [OPTIONS] -- COMMAND",
)
app.command(
    "llem_cli.completion:install_completion",
    name="--install-completion",
    help="Complete command lines in bash, zsh or fish.",
)


def main() -> None:
    """Run the command line and leave with its exit code."""
    interruption.heed()
    sys.stdout = outliving_its_reader(sys.stdout)
    try:
        code = _run(sys.argv[1:])
        interruption.ignore()
    except KeyboardInterrupt:
        print(_interrupted(sys.argv[1:]), file=sys.stderr)
        code = 130
    interruption.ignore()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    mark = arguments.index("--") if "--" in arguments else len(arguments)
    own, rest = arguments[:mark], arguments[mark:]
    if own[:1] == ["measure"]:
        # cyclopts takes the first `--` away; the command must see that there was one.
        rest = rest[:1] + rest
    try:
        outcome = app(
            own + rest, print_error=False, exit_on_error=False, result_action="return_value"
        )
    except CycloptsError as error:
        print(f"llem: {_sentence(error)}", file=sys.stderr)
        print("`llem --help` and `llem COMMAND --help` list what there is.", file=sys.stderr)
        return 2
    except Exception as error:
        from llem_cli.errors import report

        verbose = "--verbose" in own or "-v" in own
        return report(error, verbose=verbose, as_json="--log-json" in own)
    return outcome if isinstance(outcome, int) else 0


def _interrupted(arguments: list[str]) -> str:
    if "--log-json" not in arguments:
        return "llem: interrupted"
    from llem_cli.logs import json_line

    return json_line("error", "interrupted")


def _sentence(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"there is no place for {shlex.join(error.unused_tokens or [])}"
    return " ".join(str(error).split())
