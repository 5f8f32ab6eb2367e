"""The package as others find it."""

import subprocess
import sys

from llem_contracts import FLOPS, create, find
from llem_flops import PalmCounter
from llem_flops.descriptors import PALM
from llem_schema import RunSettings


class TestDiscovery:
    def test_palm_is_found_and_made(self) -> None:
        plugin = find(FLOPS, "palm")
        assert plugin.descriptor is PALM
        assert isinstance(create(PALM, RunSettings()), PalmCounter)

    def test_nothing_heavy_is_imported(self) -> None:
        program = (
            "import sys, llem_flops; "
            "print(sorted({'torch', 'transformers', 'numpy', 'pyarrow'} & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "[]"
