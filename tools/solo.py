"""A package by itself: it brings what it may and no more, and works with what it declares.

    hatch run solo:test                      every package below, alone and then with its tests
    hatch run +package=energy solo:test      one of them

hatch.toml makes an environment for each package that holds it alone, and one that holds besides
what its tests need. The first shows a dependency that is not declared, which the tests' own would
hide; the second shows that the tests pass where no other package of the workspace is installed.
Both install the wheel, which must hold what the source does.
"""

import argparse
import importlib
import pkgutil
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import documents
from workspace import ROOT, Package, distribution_of, packages

_PYDANTIC = frozenset(
    {"annotated-types", "pydantic", "pydantic-core", "typing-extensions", "typing-inspection"}
)
_BELOW = _PYDANTIC | {"llem-contracts", "llem-schema"}

MAY_BRING: Mapping[str, frozenset[str]] = {
    "llem-schema": _PYDANTIC,
    "llem-contracts": _PYDANTIC | {"llem-schema"},
    "llem-energy": _BELOW | {"nvidia-ml-py", "platformdirs"},
    "llem-flops": _BELOW,
    "llem-prompts": _BELOW,
    "llem-stats": frozenset(),
    "llem-store": _BELOW | {"pyarrow"},
}
"""Distributions that may come with a package. Each is a promise to those who install it."""

INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
"""What an environment may hold from the beginning."""

_FOR_AN_EXTRA = re.compile(r";.*\bextra\s*==")


def faults(name: str, installed: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong with the distributions in an environment that holds one package alone.

    `installed` has their requirements by normalised name.
    """
    wanted = _wanted(name, installed)
    present = installed.keys() - INSTALLERS
    for surplus in sorted(present - wanted):
        yield f"{surplus} is installed, and nothing that {name} declares asks for it"
    for heavy in sorted((present & wanted) - MAY_BRING[name] - {name}):
        yield f"{heavy} comes with {name}, which may not bring it"
    for missing in sorted(wanted - installed.keys()):
        yield f"{missing} is asked for and not installed"


def _wanted(name: str, installed: Mapping[str, Sequence[str]]) -> set[str]:
    """What a package asks for through any number of others, itself included.

    A requirement under a condition counts where it is installed: the installer knows best whether
    the condition holds.
    """
    found: set[str] = set()
    to_do = [name]
    while to_do:
        current = to_do.pop()
        if current in found:
            continue
        found.add(current)
        for requirement in installed.get(current, ()):
            needed = distribution_of(requirement)
            unconditional = ";" not in requirement
            if unconditional or (needed in installed and not _FOR_AN_EXTRA.search(requirement)):
                to_do.append(needed)
    return found


def differs(package: Package) -> bool:
    """Whether a package is installed with other files than its source has."""
    spec = find_spec(package.import_name)
    if spec is None or spec.origin is None:
        return False
    return _contents(Path(spec.origin).parent) != _contents(package.source)


def _contents(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def modules_of(package: Package) -> list[str]:
    """The names of all its modules."""
    found = pkgutil.walk_packages([str(package.source)], prefix=f"{package.import_name}.")
    return [package.import_name, *(module.name for module in found)]


def failures(package: Package) -> Iterator[str]:
    """What of a package does not work: modules that cannot be imported, examples of its README."""
    for module in modules_of(package):
        try:
            importlib.import_module(module)
        except ImportError as error:
            yield f"{module} cannot be imported: {error}"
    for example in documents.examples(package.folder / "README.md"):
        if example.language == "python" and example.remark is None:
            with tempfile.TemporaryDirectory() as folder:
                done = documents.run(example, Path(folder))
            if done.returncode != 0:
                yield f"{example.place} does not run: {done.stderr.splitlines()[-1]}"


def alone(package: Package) -> int:
    """Check a package in the environment of this interpreter, which holds nothing else."""
    installed = {
        distribution_of(found.metadata["Name"]): found.requires or [] for found in distributions()
    }
    wrong = [*faults(package.name, installed), *failures(package)]
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        brought = sorted(installed.keys() - INSTALLERS - {package.name})
        print(f"{package.name} works alone, with {', '.join(brought)}")
    return 1 if wrong else 0


def tests(package: Package, options: Sequence[str]) -> int:
    """Run a package's own tests."""
    folder = str(package.folder.relative_to(ROOT))
    command = [sys.executable, "-m", "pytest", folder, *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("package", choices=MAY_BRING)
    parser.add_argument("what", choices=("alone", "tests"))
    given, options = parser.parse_known_args(arguments)
    if different := [package.name for package in packages() if differs(package)]:
        print(
            f"What is installed of {', '.join(different)} is not what lies here: take a fresh "
            "environment with `hatch env remove solo`.",
            file=sys.stderr,
        )
        return 1
    package = Package(ROOT / "packages" / given.package)
    return alone(package) if given.what == "alone" else tests(package, options)


if __name__ == "__main__":
    sys.exit(main())
