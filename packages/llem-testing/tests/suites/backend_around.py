"""A sound backend to build broken ones on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llem_schema import ExperimentConfig
from llem_testing import FakeClock, ScriptedBackend, ScriptedModel

LONGEST = 64


class Backend(ScriptedBackend):
    """A sound backend whose models are of the class `model`."""

    model: type[ScriptedModel] = ScriptedModel

    def __init__(self, clock: FakeClock, **script: Any) -> None:
        super().__init__(clock, max_sequence_tokens=LONGEST, **script)

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[ScriptedModel]:
        with super().load(config):
            yield self.model(self, config)
