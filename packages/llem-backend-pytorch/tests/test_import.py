import subprocess
import sys

from llem_backend_pytorch import PYTORCH
from llem_contracts import BACKENDS, create, find
from llem_schema import RunSettings


class TestEntryPoint:
    def test_the_descriptor_is_found_by_its_name(self):
        assert find(BACKENDS, "pytorch").descriptor == PYTORCH

    def test_the_factory_makes_a_backend_from_run_settings(self):
        backend = create(PYTORCH, RunSettings())
        assert callable(backend.plan)

    def test_importing_the_package_loads_no_heavy_library(self):
        code = (
            "import sys, llem_backend_pytorch\n"
            "heavy = {'torch', 'transformers', 'numpy', 'tokenizers', 'huggingface_hub'}\n"
            "print(sorted(heavy & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "[]"
