"""The operating system and the libraries below Python."""

import platform
from pathlib import Path

OS_RELEASE = ("etc/os-release", "usr/lib/os-release")


def distribution(root: Path) -> str | None:
    """Its name with the version, as os-release(5) has it for people to read."""
    for name in OS_RELEASE:
        try:
            lines = (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            key, _, value = line.partition("=")
            if key == "PRETTY_NAME":
                return value.strip().strip("\"'") or None
    return None


def c_library() -> str | None:
    """The C library that the interpreter was linked with, such as `glibc 2.36`."""
    name, version = platform.libc_ver()
    return f"{name} {version}".strip() or None
