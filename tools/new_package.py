"""Begin a package: python tools/new_package.py llem-foo "what it is for"

It begins as a leaf that depends on nothing and has no public names; it is entered in every list of
the workspace that names the packages, so that all checks and tests pass. Add what it needs to its
pyproject.toml and to the tables of tests/architecture as its code comes to need it.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from registration import registered
from workspace import ROOMS_FOR_EVERYTHING, ROOT, Package, Refused, packages, write

MOST_CHARACTERS = 90

_MANIFEST = """[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
description = {description}
readme = "README.md"
license = "Apache-2.0"
requires-python = ">=3.11"
authors = [{{ name = "The llem developers" }}]
dynamic = ["version"]
dependencies = []

[tool.hatch.version]
path = "src/{name}/__init__.py"

[tool.hatch.build.targets.wheel]
packages = ["src/{name}"]
"""

_README = """# {distribution}

{sentence}

```python
import {name}

print({name}.__version__)
```

It has no public names yet.
"""

_CHANGELOG = """# Changelog of {distribution}

## Unreleased

First version.
"""

_INIT = '''"""{sentence}"""

__version__ = "0.1.0"

__all__ = ["__version__"]
'''

_TEST = '''"""What is installed is what lies here."""

from importlib.metadata import version

import {name}


class TestVersion:
    def test_is_that_of_the_distribution(self) -> None:
        assert version("{distribution}") == {name}.__version__
'''


def plan(root: Path, distribution: str, purpose: str) -> dict[Path, str]:
    """The files of the package, and the new texts of those that list it. Raises `Refused`."""
    _check_name(distribution)
    _check_purpose(purpose)
    package = Package(root / "packages" / distribution)
    if package.folder.exists() or distribution in [p.name for p in packages(root)]:
        raise Refused(f"There is a {distribution} already.")
    texts = {
        package.manifest: _MANIFEST,
        package.folder / "README.md": _README,
        package.changelog: _CHANGELOG,
        package.init: _INIT,
        package.source / "py.typed": "",
        package.folder / "tests" / f"test_{package.import_name}.py": _TEST,
    }
    words = {
        "distribution": distribution,
        "name": package.import_name,
        "description": json.dumps(purpose, ensure_ascii=False),
        "sentence": f"{purpose[0].upper()}{purpose[1:]}.",
    }
    files = {path: text.format_map(words) for path, text in texts.items()}
    return files | registered(root, distribution, purpose)


def _check_name(distribution: str) -> None:
    if re.fullmatch(r"llem(-[a-z][a-z0-9]*)+", distribution) is None:
        raise Refused(
            f"'{distribution}' is no name for a package: it is llem- and words of small letters "
            "and digits, with a dash between them."
        )
    everything = ROOMS_FOR_EVERYTHING & set(distribution.split("-"))
    if everything:
        raise Refused(f"'{min(everything)}' says nothing: name the package after its one idea.")


def _check_purpose(purpose: str) -> None:
    if not purpose.strip():
        raise Refused("What the package is for is not said.")
    if purpose != purpose.strip() or purpose.endswith(".") or re.search(r'["\\|\n]', purpose):
        raise Refused(
            "What it is for is one line without quotes, bars, backslashes, or a full stop at its "
            "end."
        )
    if len(purpose) > MOST_CHARACTERS:
        raise Refused(f"What it is for takes more than {MOST_CHARACTERS} characters.")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("name", help="such as llem-report")
    parser.add_argument("purpose", help="what it is for, in a line")
    given = parser.parse_args(arguments)
    try:
        changes = plan(ROOT, given.name, given.purpose)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    write(changes)
    for path in changes:
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
