"""Settings of the tests of all packages."""

import os
import tempfile

from hypothesis import settings

# How long an example takes depends on the machine and on what else it does.
settings.register_profile("llem", settings.default, deadline=None)
settings.load_profile("llem")

# transformers copies the code of a model's own repository here before it runs it.
_MODULES = tempfile.TemporaryDirectory(prefix="llem-modules-")
os.environ["HF_MODULES_CACHE"] = _MODULES.name
