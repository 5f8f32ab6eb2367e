"""The environment of a run, in a line for each part of it that there is."""

from collections.abc import Iterator

from llem_schema import EnvironmentSnapshot, HostFacts, RepositoryState, SchedulerJob


def environment_lines(seen: EnvironmentSnapshot) -> Iterator[str]:
    """Machine, system, devices, and what the run was part of."""
    yield f"{seen.hostname}, {seen.operating_system}"
    system = (seen.distribution, f"kernel {seen.kernel}", seen.libc)
    yield ", ".join(part for part in system if part is not None)
    yield f"{seen.python_implementation} {seen.python_version}"
    yield host_words(seen.cpu)
    for gpu in seen.gpus:
        yield f"{gpu.uuid}  {gpu.name}, driver {gpu.driver_version}"
    if seen.cuda_version is not None:
        yield f"CUDA {seen.cuda_version} ({seen.cuda_version_source})"
    if seen.container is not None:
        image = f", image {seen.container.image}" if seen.container.image is not None else ""
        yield f"in a container of {seen.container.kind} ({seen.container.recognised_by}){image}"
    if seen.job is not None:
        yield _job(seen.job)
    if seen.repository is not None:
        yield _repository(seen.repository)
    yield from (f"{name}={value}" for name, value in seen.variables.items())


def host_words(cpu: HostFacts) -> str:
    """The processor, and what of it and of the memory a process may use."""
    parts = [cpu.name or "CPU", f"{cpu.usable_cores} of {cpu.logical_cores} cores usable"]
    if cpu.usable_cpus is not None:
        parts[-1] += f" ({cpu.usable_cpus})"
    if cpu.cpu_limit_cores is not None and cpu.cpu_limit_cores < cpu.usable_cores:
        parts.append(f"CPU time of {cpu.cpu_limit_cores:g} cores at most")
    if cpu.memory_limit_mib is not None:
        parts.append(f"{cpu.memory_limit_mib:,.0f} MiB of memory")
        if cpu.memory_total_mib is not None and cpu.memory_limit_mib < cpu.memory_total_mib:
            parts[-1] += f" at most, of {cpu.memory_total_mib:,.0f} MiB"
    if cpu.governor is not None:
        parts.append(f"governor {cpu.governor}")
    return ", ".join(parts)


def _job(job: SchedulerJob) -> str:
    parts = [f"job {job.job_id} of {job.scheduler}"]
    if job.array_task_id is not None:
        whole = f" of array {job.array_job_id}" if job.array_job_id is not None else ""
        parts.append(f"task {job.array_task_id}{whole}")
    if job.partition is not None:
        parts.append(f"partition {job.partition}")
    if job.node is not None:
        parts.append(f"node {job.node}")
    if job.restart_count:
        parts.append(f"restarted {job.restart_count} times")
    return ", ".join(parts)


def _repository(repository: RepositoryState) -> str:
    parts = [f"working folder at commit {repository.commit or 'none yet'}"]
    if repository.branch is not None:
        parts[0] += f" on {repository.branch}"
    parts[0] += ", modified" if repository.modified else ", unmodified"
    if repository.remote is not None:
        parts.append(f"remote {repository.remote}")
    return ", ".join(parts)
