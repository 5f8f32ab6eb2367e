"""The scheduler's job, by the variables that the scheduler sets."""

import pytest
from llem_harness.environment.scheduler import find_job

JOB = "environment_snapshot.job"
SLURM = {
    "SLURM_JOB_ID": "4242",
    "SLURM_ARRAY_JOB_ID": "4240",
    "SLURM_ARRAY_TASK_ID": "2",
    "SLURMD_NODENAME": "node17",
    "SLURM_JOB_PARTITION": "gpu",
    "SLURM_RESTART_COUNT": "1",
}
OTHERS = {
    "pbs": (
        {"PBS_JOBID": "7[3].head", "PBS_ARRAY_ID": "7[]", "PBS_ARRAY_INDEX": "3", "PBS_QUEUE": "q"},
        ("7[3].head", "7[]", "3", None, "q", None),
    ),
    "torque": ({"PBS_JOBID": "7", "PBS_ARRAYID": "3"}, ("7", None, "3", None, None, None)),
    "lsf": (
        {"LSB_JOBID": "8", "LSB_JOBINDEX": "5", "LSB_QUEUE": "q"},
        ("8", None, "5", None, "q", None),
    ),
    "flux": ({"FLUX_JOB_ID": "f2X"}, ("f2X", None, None, None, None, None)),
    "kubernetes": (
        {
            "KUBERNETES_SERVICE_HOST": "10.0.0.1",
            "HOSTNAME": "llem-0-abc",
            "JOB_COMPLETION_INDEX": "0",
            "NODE_NAME": "n1",
        },
        ("llem-0-abc", None, "0", "n1", None, None),
    ),
}


class TestSlurm:
    def test_tells_all_of_its_job(self) -> None:
        job, missing = find_job(SLURM)
        assert job is not None
        assert tuple(job.model_dump().values()) == (
            *("slurm", "4242", "4240", "2", "node17", "gpu"),
            1,
        )
        assert missing == {}

    def test_without_a_count_of_restarts_has_had_none(self) -> None:
        job, missing = find_job({"SLURM_JOB_ID": "4242"})
        assert job is not None
        assert job.restart_count == 0
        assert missing[f"{JOB}.array_task_id"].code == "not_applicable"
        assert missing[f"{JOB}.node"].code == "not_available"

    def test_with_a_count_that_is_no_number_has_an_unknown_one(self) -> None:
        job, missing = find_job(SLURM | {"SLURM_RESTART_COUNT": "many"})
        assert job is not None
        assert job.restart_count is None
        assert set(missing) == {f"{JOB}.restart_count"}

    def test_comes_before_the_cluster_that_it_runs_in(self) -> None:
        job, _ = find_job(SLURM | OTHERS["kubernetes"][0])
        assert job is not None
        assert job.scheduler == "slurm"


class TestOtherSchedulers:
    @pytest.mark.parametrize("case", OTHERS)
    def test_tell_what_they_tell_and_the_rest_has_a_reason(self, case: str) -> None:
        variables, expected = OTHERS[case]
        job, missing = find_job(variables)
        assert job is not None
        assert job.scheduler == ("pbs" if case == "torque" else case)
        found = job.model_dump(exclude={"scheduler"})
        assert tuple(found.values()) == expected
        assert set(missing) == {f"{JOB}.{name}" for name, value in found.items() if value is None}

    def test_lsf_says_zero_for_a_job_without_an_array(self) -> None:
        job, _ = find_job({"LSB_JOBID": "8", "LSB_JOBINDEX": "0"})
        assert job is not None
        assert job.array_task_id is None


class TestNoScheduler:
    def test_is_no_job(self) -> None:
        job, missing = find_job({"PATH": "/bin", "SLURM_JOB_ID": ""})
        assert job is None
        assert missing[JOB].code == "not_applicable"
