"""llem's results on disk: a folder per run, written atomically, never overwritten."""

from llem_store.load import load_result
from llem_store.naming import run_folder_name
from llem_store.partial import PartialRecord
from llem_store.power import PowerProfile, power_profile
from llem_store.store import FolderStore
from llem_store.unfinished import load_partial

__version__ = "0.1.0"

__all__ = [
    "FolderStore",
    "PartialRecord",
    "PowerProfile",
    "__version__",
    "load_partial",
    "load_result",
    "power_profile",
    "run_folder_name",
]
