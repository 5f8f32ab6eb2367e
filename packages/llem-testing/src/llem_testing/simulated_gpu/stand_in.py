"""A simulated driver for packages that import pynvml themselves and take no binding.

    stand_in = StandIn()
    with stand_in.installed():
        import zeus.monitor                    # keeps what `import pynvml` gave it, for good
    stand_in.stand_for(SimulatedNvml(scenario, clock.monotonic_ns))

A process that has imported such a package before sees the real driver there; one that has done it
like this never will. So it is for a process that does nothing else.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llem_testing.simulated_gpu.binding import SimulatedNvml
from llem_testing.simulated_gpu.scenario import Scenario

_NAME = "pynvml"


class StandIn:
    """What `import pynvml` gives: the functions of the binding that it stands for at the moment."""

    def __init__(self) -> None:
        """A machine without GPUs, until `stand_for` names another."""
        self.stand_for(SimulatedNvml(Scenario(gpus=())))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._binding, name)

    def stand_for(self, binding: Any) -> None:
        """Answer with another binding's functions from now on, initialised once and for all."""
        binding.nvmlInit()
        self._binding = binding

    def nvmlShutdown(self) -> None:  # noqa: N802 - the name is pynvml's
        """Nothing: whoever shuts down may mean a binding that was here before."""

    @contextmanager
    def installed(self, modules: MutableMapping[str, Any] = sys.modules) -> Iterator[None]:
        """Meanwhile `import pynvml` gives this, and there is a `nvidia-smi` that does nothing."""
        before, path = modules.get(_NAME), os.environ.get("PATH", "")
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder) / "nvidia-smi"
            program.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
            program.chmod(0o755)
            modules[_NAME] = self
            os.environ["PATH"] = os.pathsep.join([folder, path])
            try:
                yield
            finally:
                os.environ["PATH"] = path
                if before is None:
                    del modules[_NAME]
                else:
                    modules[_NAME] = before
