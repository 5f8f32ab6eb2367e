"""`llem config`"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import llem
from cyclopts import Parameter
from llem_schema import AcceleratorFacts, DeviceFacts

from llem_cli import completers
from llem_cli.config_check import check as run_check
from llem_cli.config_origins import origin_lines, origins_for
from llem_cli.environment import host_words
from llem_cli.on_terminal import fitted_to


def config(
    config_file: Path | None = None,
    /,
    *,
    model: Annotated[
        str | None, Parameter(name=["--model", "-m"], completer=completers.models)
    ] = None,
    set_: Annotated[
        list[str] | None,
        Parameter(name="--set", negative="", completer=completers.assignments),
    ] = None,
    check: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    verbose: Annotated[
        bool, Parameter(name=["--verbose", "-v"], negative="", show_default=False)
    ] = False,
    json_: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
) -> int:
    """Show the devices, meters, backends and prompts of this machine, and what to do next.

    Parameters
    ----------
    config_file
        YAML file of an experiment whose values are to be shown, or that is to be checked.
    model
        As in `llem run`, in place of a file or over it.
    set_
        A field as key=value, to see its effect on the values. May be repeated.
    check
        Look for what would stop a run or spoil its figures, here or of an experiment, and run
        nothing. Exit code 1 where something is in the way.
    verbose
        All facts of the devices, and each configured value with where it comes from.
    json_
        Print it as JSON.
    """
    flags = dict(llem.parse_assignment(text) for text in set_ or [])
    if model is not None:
        flags["model"] = model
    if check:
        typed = [*(["--model", model] if model else []), *_repeated("--set", set_)]
        return run_check(config_file, flags, typed, as_json=json_)
    found = llem.installation()
    wanted = verbose or config_file is not None or bool(flags)
    origins = origins_for(config_file, flags) if wanted else None
    if json_:
        more = {} if origins is None else {"origins": origins.model_dump(mode="json")}
        print(json.dumps(found.model_dump(mode="json") | more, ensure_ascii=False))
        return 0
    for line in fitted_to(sys.stdout, config_lines(found, verbose=verbose, origins=origins)):
        print(line)
    return 0


def _repeated(option: str, values: list[str] | None) -> Iterator[str]:
    """An option before each of its values, as they were typed."""
    for value in values or []:
        yield from (option, value)


def config_lines(
    found: llem.Installation, *, verbose: bool, origins: llem.Origins | None = None
) -> Iterator[str]:
    """Devices, meters, backends, prompts, the user config in use, its values, the next step."""
    yield "Devices"
    for device in found.devices:
        yield f"  {_device(device)}"
        if verbose:
            yield from (
                f"    {name}: {value}"
                for name, value in device.model_dump(exclude={"kind", "uuid"}).items()
                if value is not None and value != {}
            )
    for problem in found.device_problems:
        yield f"  {problem}"
    yield "Meters"
    for meter in found.meters:
        yield from _status(meter.name, meter.version, meter.summary, meter.reason, meter.cure)
    yield "Backends"
    for backend in found.backends:
        yield from _status(
            backend.name, backend.version, backend.summary, backend.reason, backend.cure
        )
    yield "Prompts"
    for source in found.prompt_sources:
        names = [name for name in source.datasets if name != source.name]
        what = f"{source.summary} ({', '.join(names)})" if names else source.summary
        yield from _status(source.name, source.version, what, source.reason, source.cure)
    yield f"User config: {found.user_config or 'none'}"
    if origins is not None:
        yield from origin_lines(origins)
    yield f"Next: {_next_step(found)}"


def _device(device: DeviceFacts) -> str:
    if isinstance(device, AcceleratorFacts):
        memory = (
            f", {device.memory_total_mib:,.0f} MiB" if device.memory_total_mib is not None else ""
        )
        return f"{device.uuid}  {device.name}{memory}, driver {device.driver_version}"
    return f"{device.uuid}  {host_words(device)}"


def _status(
    name: str, version: str, summary: str, reason: str | None, cure: str | None
) -> Iterator[str]:
    if reason is None:
        yield f"  {name} {version}: {summary}"
        return
    yield f"  {name} {version}: not usable here: {reason}"
    if cure:
        yield f"    {cure}"


def _next_step(found: llem.Installation) -> str:
    if any(backend.usable for backend in found.backends):
        return "llem run --model builtin:tiny -n 16"
    return "install an engine: pip install 'llem-cli[pytorch]'"
