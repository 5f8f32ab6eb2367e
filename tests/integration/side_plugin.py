"""A backend of the test's own, on the import path of the command."""

from pathlib import Path

_HEAD = """
from dataclasses import replace

from llem_contracts import SystemClock
from llem_testing import SCRIPTED_BACKEND, ScriptedBackend

DESCRIPTOR = replace(SCRIPTED_BACKEND, name={name!r}, factory={factory!r})
"""


def install_backend(folder: Path, name: str, source: str) -> dict[str, str]:
    """Install the distribution `name`, with one backend of that name, into `folder`.

    `source` defines `create(settings)`, which gives the backend; it may use what `_HEAD` imports.
    Gives the environment in which it is found.
    """
    module = f"side_{name.replace('-', '_')}"
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[llem.backends]\n{name} = {module}:DESCRIPTOR\n")
    head = _HEAD.format(name=name, factory=f"{module}:create")
    (folder / f"{module}.py").write_text(head + source)
    return {"PYTHONPATH": str(folder)}
