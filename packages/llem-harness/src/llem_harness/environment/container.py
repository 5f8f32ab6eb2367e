"""Whether the run is in a container, recognised by what its engine leaves there."""

import re
from collections.abc import Mapping
from pathlib import Path

from llem_schema import ContainerRecord, NotMeasured

from llem_harness.environment.text import readable, without_credentials

_PATH = "environment_snapshot.container"
_IMAGE_VARIABLES = ("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER", "CONTAINER_IMAGE")
"""Whoever starts a container of another engine may name its image in the last."""
_BY_VARIABLE = (
    ("APPTAINER_CONTAINER", "apptainer"),
    ("SINGULARITY_CONTAINER", "singularity"),
    ("KUBERNETES_SERVICE_HOST", "kubernetes"),
)
_BY_FILE = (
    (".singularity.d", "apptainer"),
    ("run/.containerenv", "podman"),
    (".dockerenv", "docker"),
)
_BY_GROUP = (
    (re.compile(r"kubepods"), "kubernetes"),
    (re.compile(r"libpod[-/][0-9a-f]{12}"), "podman"),
    (re.compile(r"docker[-/][0-9a-f]{12}"), "docker"),
    (re.compile(r"containerd[-:/][0-9a-f]{12}"), "containerd"),
    (re.compile(r"/lxc(\.payload)?[./]"), "lxc"),
)


def find_container(
    root: Path, variables: Mapping[str, str]
) -> tuple[ContainerRecord | None, dict[str, NotMeasured]]:
    """The innermost container that shows; None where nothing does, which may be a virtual machine.

    Variables of Apptainer and Kubernetes come first, since their containers may lie within, or be
    made by, an engine that leaves marks of its own.
    """
    found = _recognised(root, variables)
    if found is None:
        none = NotMeasured(code="not_applicable", reason="nothing shows that this is a container")
        return None, {_PATH: none}
    kind, recognised_by = found
    image = _image(root, variables)
    untold = NotMeasured(
        code="not_available",
        reason=f"neither {', '.join(_IMAGE_VARIABLES)} nor /run/.containerenv names the image",
    )
    gaps = {} if image is not None else {f"{_PATH}.image": untold}
    return ContainerRecord(kind=kind, recognised_by=recognised_by, image=image), gaps


def _recognised(root: Path, variables: Mapping[str, str]) -> tuple[str, str] | None:
    for name, kind in _BY_VARIABLE:
        if variables.get(name):
            return kind, f"the variable {name}"
    groups = _text(root / "proc" / "self" / "cgroup")
    by_group = next((kind for pattern, kind in _BY_GROUP if pattern.search(groups)), None)
    if by_group == "kubernetes":
        return by_group, "its control group"
    for name, kind in _BY_FILE:
        if (root / name).exists():
            return kind, f"the file /{name}"
    if by_group is not None:
        return by_group, "its control group"
    told = variables.get("container")  # as the container interface of systemd has it
    return (readable(told), "the variable container") if told else None


def _image(root: Path, variables: Mapping[str, str]) -> str | None:
    for name in _IMAGE_VARIABLES:
        if variables.get(name):
            return _shown(variables[name])
    named = re.search(r'^image="(.+)"$', _text(root / "run" / ".containerenv"), re.MULTILINE)
    return _shown(named[1]) if named else None


def _shown(image: str) -> str | None:
    """A digest (`name@sha256:...`) is no credential: only an address with a scheme has those."""
    return without_credentials(readable(image)) if "://" in image else readable(image)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
