"""`llem run`"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import llem
from cyclopts import Parameter

from llem_cli import completers
from llem_cli.dry_run import dry_run_lines
from llem_cli.logs import Detail, Form, logging_to, printing_to
from llem_cli.on_terminal import coloured, fitted_to, in_colour
from llem_cli.progress import Progress
from llem_cli.summary import summary_lines

_NOTHING_TO_RUN = """llem: there is nothing to run yet: name a model or a file.
  llem run --model builtin:tiny -n 16    a small random-weight model; no network, no GPU
  llem run --model builtin:gpt2 -n 4     GPT-2's arithmetic, with random weights"""


def run(
    config: Path | None = None,
    /,
    *,
    model: Annotated[
        str | None, Parameter(name=["--model", "-m"], completer=completers.models)
    ] = None,
    backend: Annotated[
        str | None, Parameter(name=["--backend", "-b"], completer=completers.backends)
    ] = None,
    dataset: Annotated[
        str | None, Parameter(name=["--dataset", "-d"], completer=completers.datasets)
    ] = None,
    n: Annotated[int | None, Parameter(name=["-n", "--n"])] = None,
    batch_size: int | None = None,
    precision: Annotated[str | None, Parameter(completer=completers.precisions)] = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    set_: Annotated[
        list[str] | None, Parameter(name="--set", negative="", completer=completers.assignments)
    ] = None,
    dry_run: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    quiet: Annotated[
        bool, Parameter(name=["--quiet", "-q"], negative="", show_default=False)
    ] = False,
    verbose: Annotated[
        bool, Parameter(name=["--verbose", "-v"], negative="", show_default=False)
    ] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    log_json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
) -> int:
    """Measure one configuration, from flags or from a file.

    Parameters
    ----------
    config
        YAML file of an experiment. Flags win over it.
    model
        Hub id, folder, or a built-in shape with random weights such as builtin:tiny.
    backend
        Engine that runs the model [default: pytorch].
    dataset
        Prompts: builtin, synthetic, a file, or a hub dataset [default: builtin].
    n
        Number of prompts in a pass [default: 100].
    batch_size
        Prompts computed at once.
    precision
        Type of the arithmetic: fp32, fp16 or bf16 [default: bf16].
    output
        Parent of the result folder [default: results].
    set_
        Any other field, as key=value: --set max_output_tokens=32. May be repeated.
    dry_run
        Check everything, estimate memory, and run nothing.
    quiet
        No progress; the summary alone.
    verbose
        Every event, what llem logs for debugging, and tracebacks of errors.
    json_
        Print the result as JSON instead of the summary.
    log_json
        Progress, warnings and errors as JSON lines on stderr.
    """
    flags = dict(llem.parse_assignment(text) for text in set_ or [])
    named = {
        "model": model,
        "backend": backend,
        "dataset": dataset,
        "n": n,
        "precision": precision,
    }
    flags |= {key: value for key, value in named.items() if value is not None}
    if config is None and "model" not in flags:
        print(_NOTHING_TO_RUN, file=sys.stderr)
        return 2
    ui = llem.load_user_config(os.environ).config.ui
    quiet = quiet or (ui.progress == "off" and not (verbose or log_json))
    detail: Detail = "quiet" if quiet else "verbose" if verbose else "normal"
    form: Form = "json" if log_json else "human"
    with (
        Progress(sys.stderr, detail, form=form, live=ui.progress == "auto") as progress,
        logging_to(progress.line, form, detail),
    ):
        order = llem.resolve(config, flags, output_dir=output, save=True, batch_size=batch_size)
        if dry_run:
            progress(llem.PhaseStarted(phase="pre-flight"))
            inspection = llem.inspect_order(order)
        else:
            with printing_to(progress.line, form, sys.stderr):
                result = llem.run_order(order, progress)
    if dry_run:
        lines = dry_run_lines(order, inspection, as_json=json_)
        print("\n".join(lines if json_ else fitted_to(sys.stdout, lines)))
        return 1 if any(problem.blocking for problem in inspection.problems) else 0
    assert progress.result_dir is not None
    result_dir = _from_here(progress.result_dir)
    if json_:
        document = result.model_dump(mode="json") | {"result_dir": result_dir}
        print(json.dumps(document, ensure_ascii=False))
    else:
        colour = in_colour(sys.stdout, os.environ, ui.color)
        shown = fitted_to(sys.stdout, summary_lines(result, result_dir))
        print("\n".join(coloured(shown) if colour else shown))
    return 0


def _from_here(path: str) -> str:
    """The path as a person in this folder would write it."""
    here = Path.cwd()
    place = Path(path)
    return str(place.relative_to(here)) if place.is_relative_to(here) else path
