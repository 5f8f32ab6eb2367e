"""What control groups of a container or a job leave to this process."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from llem_energy import HostDevices
from llem_energy.control_groups import GroupLimits, group_limits

MIB = 2**20
NONE = GroupLimits(None, None, None)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    return tmp_path / "proc"


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    (tmp_path / "cgroup").mkdir()
    return tmp_path / "cgroup"


def member(proc: Path, *lines: str) -> None:
    (proc / "self" / "cgroup").write_text("".join(f"{line}\n" for line in lines))


def group(folder: Path, **files: str) -> None:
    """A group with these files; a double underscore in a name is a full stop."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


class TestVersion2:
    def test_the_tightest_level_counts(self, proc: Path, mount: Path) -> None:
        member(proc, "0::/job/step")
        group(mount / "job" / "step", cpu__max="max 100000", memory__max="max")
        group(
            mount / "job",
            cpu__max="150000 100000",
            memory__max=str(512 * MIB),
            memory__current=str(200 * MIB),
            memory__stat=f"anon 1\ninactive_file {50 * MIB}\nactive_file 2",
        )
        group(mount, cpu__max="400000 100000", memory__max=str(2048 * MIB))
        assert group_limits(proc, mount) == GroupLimits(1.5, 512.0, 362.0)

    def test_a_container_finds_its_group_at_the_root(self, proc: Path, mount: Path) -> None:
        member(proc, "0::/kubepods/pod1/abc")
        group(mount, memory__max=str(64 * MIB), memory__current=str(80 * MIB))
        assert group_limits(proc, mount) == GroupLimits(None, 64.0, 0.0)

    def test_a_path_that_leads_out_of_sight_is_the_root(self, proc: Path, mount: Path) -> None:
        member(proc, "0::/../../elsewhere")
        group(mount.parent / "elsewhere", memory__max="1")
        group(mount, memory__max=str(64 * MIB))
        assert group_limits(proc, mount).memory_mib == 64.0

    def test_without_limits_there_are_none(self, proc: Path, mount: Path) -> None:
        member(proc, "0::/")
        group(mount, cpu__max="max 100000", memory__max="max", memory__current="5")
        assert group_limits(proc, mount) == NONE


class TestVersion1:
    def test_each_controller_has_a_path_of_its_own(self, proc: Path, mount: Path) -> None:
        member(proc, "4:memory:/slurm/job_7", "3:cpu,cpuacct:/other", "2:pids:/x", "0::/")
        group(
            mount / "memory" / "slurm" / "job_7",
            memory__limit_in_bytes=str(256 * MIB),
            memory__usage_in_bytes=str(56 * MIB),
            memory__stat=f"inactive_file 0\ntotal_inactive_file {6 * MIB}",
        )
        group(
            mount / "cpu,cpuacct" / "other",
            cpu__cfs_quota_us="50000",
            cpu__cfs_period_us="100000",
        )
        assert group_limits(proc, mount) == GroupLimits(0.5, 256.0, 206.0)

    def test_its_largest_number_is_no_limit(self, proc: Path, mount: Path) -> None:
        member(proc, "4:memory:/", "3:cpu:/")
        group(mount / "memory", memory__limit_in_bytes="9223372036854771712")
        group(mount / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
        assert group_limits(proc, mount) == NONE


class TestAnyMachine:
    def test_without_control_groups_nothing_is_limited(self, tmp_path: Path) -> None:
        assert group_limits(tmp_path, tmp_path) == NONE

    @given(text=st.text(), limit=st.text(st.characters(codec="utf-8")))
    def test_never_fails_over_what_the_files_say(
        self, tmp_path_factory: pytest.TempPathFactory, text: str, limit: str
    ) -> None:
        folder = tmp_path_factory.getbasetemp() / "odd"
        (folder / "self").mkdir(parents=True, exist_ok=True)
        (folder / "self" / "cgroup").write_bytes(text.encode(errors="replace"))
        for name in ("memory.max", "memory.current", "memory.stat", "cpu.max"):
            (folder / name).write_text(limit)
        found = group_limits(folder, folder)
        assert found.memory_mib is None or found.memory_mib >= 0


class TestHost:
    def host(self, proc: Path, mount: Path) -> HostDevices:
        (proc / "meminfo").write_text(f"MemTotal: {1024**2} kB\nMemAvailable: {512 * 1024} kB\n")
        (proc / "self" / "status").write_text("Name:\tpython\nCpus_allowed_list:\t0-2,5\n")
        return HostDevices(proc, lambda: 8, lambda: 4, cpus=mount, control_groups=mount)

    def test_tells_what_its_process_may_use(self, proc: Path, mount: Path) -> None:
        member(proc, "0::/")
        group(
            mount,
            cpu__max="250000 100000",
            memory__max=str(256 * MIB),
            memory__current=str(100 * MIB),
        )
        host = self.host(proc, mount)
        facts = host.facts("host")
        assert (facts.usable_cores, facts.usable_cpus, facts.cpu_limit_cores) == (4, "0-2,5", 2.5)
        assert (facts.memory_total_mib, facts.memory_limit_mib) == (1024.0, 256.0)
        state = host.state("host")
        assert (state.free_memory_mib, state.used_memory_mib) == (156.0, 512.0)

    def test_that_nobody_limits_may_use_all(self, proc: Path, mount: Path) -> None:
        host = self.host(proc, mount)
        facts = host.facts("host")
        assert (facts.cpu_limit_cores, facts.memory_limit_mib) == (4.0, 1024.0)
        assert host.state("host").free_memory_mib == 512.0
