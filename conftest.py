"""Settings of the tests of all packages."""

from hypothesis import settings

# How long an example takes depends on the machine and on what else it does.
settings.register_profile("llem", settings.default, deadline=None)
settings.load_profile("llem")
