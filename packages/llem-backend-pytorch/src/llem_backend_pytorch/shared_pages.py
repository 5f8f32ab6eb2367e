"""Memory that a process shares with others, so that a sum over processes counts it once.

A resident set holds every page that a process has mapped, also of files that others have mapped
too: the libraries, and a checkpoint that is read in place. The proportional set size divides each
such page by the number of processes that have it (proc(5), `smaps_rollup`).
"""

from pathlib import Path


def shared_bytes(proc: Path = Path("/proc/self")) -> int:
    """What the resident set holds beyond the proportional one; 0 where the system tells neither."""
    try:
        lines = (proc / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    kib = {
        key: int(value.split()[0])
        for key, _, value in (line.partition(":") for line in lines)
        if key in ("Rss", "Pss")
    }
    return max(kib.get("Rss", 0) - kib.get("Pss", 0), 0) * 1024 if len(kib) == 2 else 0
