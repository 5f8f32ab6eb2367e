"""A meter and a backend for llem, from a distribution of its own."""

from llem_plugin_acme.echo import EchoBackend
from llem_plugin_acme.section import EchoSection
from llem_plugin_acme.wattmeter import Wattmeter

__version__ = "0.1.0"

__all__ = ["EchoBackend", "EchoSection", "Wattmeter", "__version__"]
