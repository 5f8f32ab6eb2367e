"""The software and hardware around a run (CM-32)."""

import importlib.metadata
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llem_harness import run
from llem_harness.environment import Surroundings, take_snapshot, with_engine
from llem_schema import (
    EnvironmentSnapshot,
    HostFacts,
    WorkOrder,
    none_paths,
)
from llem_testing import ScriptedDevices, example_accelerator, example_host, example_result

from .machines import bare_machine

GPUS = (example_accelerator(0), example_accelerator(1))
SECRETS = {
    "HF_TOKEN": "hf_secretsecret",
    "TORCH_API_KEY": "torchsecret",
    "TRANSFORMERS_TOKEN": "transformerssecret",
    "SLURM_JWT": "slurmsecret",
    "AWS_SECRET_ACCESS_KEY": "awssecret",
    "HTTPS_PROXY": "http://me:proxysecret@proxy:3128",
    "CONTAINER_IMAGE": "docker://me:imagesecret@example.org/llem",
    "NCCL_DEBUG": "hf_valuesecret",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "KUBERNETES_TOKEN": "kubesecret",
}


def told_git(arguments: Sequence[str], folder: Path) -> Any:
    text = (
        "# branch.oid abc\n# branch.head main\n"
        if arguments[0] == "status"
        else "remote.origin.url\nhttps://me:gitsecret@example.org/study\0"
    )
    return subprocess.CompletedProcess([], 0, text, "")


def taken(*visible: Any, host: HostFacts | None = None, **changes: Any) -> EnvironmentSnapshot:
    return take_snapshot(visible, host or example_host(), bare_machine(**changes)).snapshot


def unexplained_of(surroundings: Surroundings) -> set[str]:
    result = example_result().model_copy(update={"environment_snapshot": surroundings.snapshot})
    paths = {p for p in none_paths(result) if p.startswith("environment_snapshot.")}
    assert set(surroundings.missing) <= paths
    return paths - set(surroundings.missing)


class TestSnapshot:
    def test_it_names_python_system_and_host(self) -> None:
        snapshot = taken()
        assert snapshot.python_version == platform.python_version()
        assert snapshot.python_implementation == platform.python_implementation()
        assert snapshot.operating_system == platform.platform()
        assert snapshot.kernel == platform.release()
        assert snapshot.hostname == platform.node()
        assert snapshot.cpu == example_host()

    def test_it_names_the_c_library(self) -> None:
        assert taken().libc == (" ".join(platform.libc_ver()).strip() or None)

    def test_it_names_the_distribution_as_the_root_has_it(self, tmp_path: Path) -> None:
        (tmp_path / "etc").mkdir()
        text = 'NAME=Example\nPRETTY_NAME="Example Linux 12 (code)"\n'
        (tmp_path / "etc" / "os-release").write_text(text)
        assert taken(root=tmp_path).distribution == "Example Linux 12 (code)"

    def test_it_holds_the_visible_gpus_with_memory_clocks_and_limits(self) -> None:
        snapshot = taken(example_host(), *GPUS)
        assert snapshot.gpus == GPUS
        assert snapshot.driver_version == "580.1"
        gpu = snapshot.gpus[1]
        assert (gpu.memory_total_mib, gpu.power_limit_w) == (81920.0, 700.0)
        assert (gpu.sm_clock_max_mhz, gpu.memory_clock_max_mhz) == (1980.0, 2619.0)

    def test_without_a_gpu_there_is_no_driver(self) -> None:
        snapshot = taken(example_host())
        assert (snapshot.gpus, snapshot.driver_version) == ((), None)

    def test_it_lists_every_installed_distribution_and_ours_apart(self) -> None:
        snapshot = taken()
        assert snapshot.packages["pydantic"] == importlib.metadata.version("pydantic")
        assert snapshot.llem_packages["llem-schema"] == importlib.metadata.version("llem-schema")
        assert {name.partition("-")[0] for name in snapshot.llem_packages} == {"llem"}
        assert snapshot.llem_packages.items() <= snapshot.packages.items()

    def test_the_engine_tells_the_cuda_version(self) -> None:
        before = take_snapshot([], example_host(), bare_machine())
        snapshot = with_engine(before, {"cuda": "13.0"}).snapshot
        assert (snapshot.cuda_version, snapshot.cuda_version_source) == ("13.0", "torch")

    def test_it_has_container_job_repository_and_variables(self, tmp_path: Path) -> None:
        (tmp_path / ".dockerenv").touch()
        variables = {"SLURM_JOB_ID": "7", "OMP_NUM_THREADS": "4"}
        snapshot = taken(root=tmp_path, variables=variables, git=told_git)
        assert snapshot.container is not None
        assert snapshot.job is not None
        assert snapshot.repository is not None
        assert (snapshot.container.kind, snapshot.job.job_id) == ("docker", "7")
        assert snapshot.repository.commit == "abc"
        assert snapshot.variables == {"OMP_NUM_THREADS": "4"}

    def test_it_holds_no_secret(self, tmp_path: Path) -> None:
        text = taken(root=tmp_path, variables=SECRETS, git=told_git).model_dump_json()
        assert "secret" not in text
        assert "example.org/llem" in text
        assert "example.org/study" in text


class TestReasons:
    def test_are_there_for_all_that_a_bare_machine_lacks(self) -> None:
        silent = HostFacts.model_validate(
            {"logical_cores": 1, "usable_cores": 1}
            | dict.fromkeys(("name", "memory_total_mib", "cpu_limit_cores"))
            | {
                "unavailable": {
                    name: "not told"
                    for name, field in HostFacts.model_fields.items()
                    if not field.is_required() or name in ("name", "memory_total_mib")
                    if name not in ("kind", "uuid", "unavailable")
                }
            }
        )
        bare = with_engine(take_snapshot([], silent, bare_machine()), {})
        assert unexplained_of(bare) == set()

    def test_are_there_for_the_parts_of_what_there_is(self, tmp_path: Path) -> None:
        (tmp_path / ".dockerenv").touch()
        places = bare_machine(tmp_path, variables={"FLUX_JOB_ID": "f"}, git=told_git)
        assert unexplained_of(with_engine(take_snapshot(GPUS, example_host(), places), {})) == set()


class TestOfARun:
    def test_it_is_in_the_result(self, world: Any, order: WorkOrder) -> None:
        world.with_ports(
            devices=ScriptedDevices([example_host(), *GPUS]),
            sources=bare_machine(variables={"CUDA_VISIBLE_DEVICES": "1"}),
        )
        snapshot = run(order, world.ports).environment_snapshot
        assert snapshot.gpus == GPUS
        assert snapshot.cpu == example_host()
        assert "llem-harness" in snapshot.llem_packages
        assert snapshot.variables == {"CUDA_VISIBLE_DEVICES": "1"}
