"""A container is recognised by what its engine leaves there."""

from pathlib import Path

import pytest
from llem_harness.environment.container import find_container

ID = "3f4a" * 16


def machine(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


CASES = {
    "docker": ({".dockerenv": ""}, {}, "docker", "the file /.dockerenv"),
    "podman": ({"run/.containerenv": ""}, {}, "podman", "the file /run/.containerenv"),
    "apptainer-by-variable": (
        {".dockerenv": ""},
        {"APPTAINER_CONTAINER": "/i.sif", "SINGULARITY_CONTAINER": "/i.sif"},
        "apptainer",
        "the variable APPTAINER_CONTAINER",
    ),
    "apptainer-by-folder": ({".singularity.d/x": ""}, {}, "apptainer", "the file /.singularity.d"),
    "singularity": (
        {},
        {"SINGULARITY_CONTAINER": "/i.sif"},
        "singularity",
        "the variable SINGULARITY_CONTAINER",
    ),
    "kubernetes-by-variable": (
        {".dockerenv": ""},
        {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
        "kubernetes",
        "the variable KUBERNETES_SERVICE_HOST",
    ),
    "kubernetes-by-group": (
        {".dockerenv": "", "proc/self/cgroup": f"0::/kubepods/besteffort/pod1/{ID}"},
        {},
        "kubernetes",
        "its control group",
    ),
    "docker-by-group": (
        {"proc/self/cgroup": f"4:memory:/docker/{ID}"},
        {},
        "docker",
        "its control group",
    ),
    "docker-scope": (
        {"proc/self/cgroup": f"0::/system.slice/docker-{ID}.scope"},
        {},
        "docker",
        "its control group",
    ),
    "lxc": ({"proc/self/cgroup": "0::/lxc.payload.box"}, {}, "lxc", "its control group"),
    "nspawn": ({}, {"container": "systemd-nspawn"}, "systemd-nspawn", "the variable container"),
}


class TestContainer:
    @pytest.mark.parametrize("case", CASES)
    def test_is_recognised_and_says_by_what(self, tmp_path: Path, case: str) -> None:
        files, variables, kind, recognised_by = CASES[case]
        found, _ = find_container(machine(tmp_path, files), variables)
        assert found is not None
        assert (found.kind, found.recognised_by) == (kind, recognised_by)

    def test_is_none_on_a_bare_machine(self, tmp_path: Path) -> None:
        root = machine(tmp_path, {"proc/self/cgroup": "0::/system.slice/docker.service"})
        found, missing = find_container(root, {"PATH": "/bin"})
        assert found is None
        assert missing["environment_snapshot.container"].code == "not_applicable"


class TestImage:
    @pytest.mark.parametrize(
        ("variables", "image"),
        [
            ({"APPTAINER_CONTAINER": "/images/llem.sif"}, "/images/llem.sif"),
            ({"CONTAINER_IMAGE": "me/llem@sha256:12ab"}, "me/llem@sha256:12ab"),
            ({"CONTAINER_IMAGE": "docker://me:secret@example.org/llem:1"},
             "docker://example.org/llem:1"),
        ],
        ids=["apptainer", "digest", "credentials"],
    )  # fmt: skip
    def test_is_what_a_variable_says(
        self, tmp_path: Path, variables: dict[str, str], image: str
    ) -> None:
        found, missing = find_container(machine(tmp_path, {".dockerenv": ""}), variables)
        assert found is not None
        assert (found.image, missing) == (image, {})

    def test_is_what_podman_wrote_down(self, tmp_path: Path) -> None:
        text = 'engine="podman-4.9"\nimage="docker.io/library/python:3.12"\n'
        found, _ = find_container(machine(tmp_path, {"run/.containerenv": text}), {})
        assert found is not None
        assert found.image == "docker.io/library/python:3.12"

    def test_that_nobody_names_is_none_with_a_reason(self, tmp_path: Path) -> None:
        found, missing = find_container(machine(tmp_path, {".dockerenv": ""}), {})
        assert found is not None
        assert found.image is None
        assert "CONTAINER_IMAGE" in missing["environment_snapshot.container.image"].reason
