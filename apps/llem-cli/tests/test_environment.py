"""The environment of a run, as `llem show` has it in short."""

from typing import Any

import pytest
from llem_cli.environment import environment_lines
from llem_schema import FrozenDict
from llem_testing import example_host, example_result

SEEN = example_result().environment_snapshot
BARE: dict[str, Any] = {
    **dict.fromkeys(("container", "job", "repository", "distribution", "libc")),
    "cuda_version": None,
    "gpus": (),
    "variables": FrozenDict(),
}


def shown(**changes: Any) -> str:
    return "\n".join(environment_lines(SEEN.model_copy(update=changes)))


class TestEnvironment:
    @pytest.mark.parametrize(
        "part",
        [
            "Example Linux 12, kernel 6.1.0-13-amd64, glibc 2.36",
            "CPython 3.11.9",
            "4 of 8 cores usable (0-3), 16,384 MiB of memory, governor performance",
            "container of apptainer (the variable APPTAINER_CONTAINER), image /images/llem.sif",
            "job 4242 of slurm, task 2 of array 4240, partition gpu, node node17",
            "commit 89abcdef0123456789abcdef0123456789abcdef on main, modified, "
            "remote https://example.org/study.git",
            "CUDA_VISIBLE_DEVICES=0\nOMP_NUM_THREADS=8",
        ],
        ids=["system", "python", "host", "container", "job", "repository", "variables"],
    )
    def test_has_each_part_that_there_is(self, part: str) -> None:
        assert part in shown()

    def test_has_no_word_of_what_there_is_not(self) -> None:
        assert shown(**BARE).splitlines()[1:] == [
            "kernel 6.1.0-13-amd64",
            "CPython 3.11.9",
            "Example CPU, 4 of 8 cores usable (0-3), 16,384 MiB of memory, governor performance",
        ]

    def test_tells_the_limits_of_a_container(self) -> None:
        line = shown(cpu=example_host(cpu_limit_cores=1.5, memory_limit_mib=512.0))
        assert "CPU time of 1.5 cores at most" in line
        assert "512 MiB of memory at most, of 16,384 MiB" in line

    def test_tells_of_restarts(self) -> None:
        assert SEEN.job is not None
        assert "restarted 2 times" in shown(job=SEEN.job.model_copy(update={"restart_count": 2}))
