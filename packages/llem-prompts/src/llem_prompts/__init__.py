"""Prompts with provenance: a built-in set, synthetic ones of exact length, files, hub datasets."""

from llem_prompts.builtin import BUILTIN_REVISION, BuiltinPrompt, BuiltinPrompts, builtin_set
from llem_prompts.files import FilePrompts
from llem_prompts.hub_prompts import HubPrompts
from llem_prompts.synthetic import SYNTHETIC_REVISION, SyntheticPrompts
from llem_prompts.texts import DatasetError, texts_sha256

__version__ = "0.1.0"

__all__ = [
    "BUILTIN_REVISION",
    "SYNTHETIC_REVISION",
    "BuiltinPrompt",
    "BuiltinPrompts",
    "DatasetError",
    "FilePrompts",
    "HubPrompts",
    "SyntheticPrompts",
    "__version__",
    "builtin_set",
    "texts_sha256",
]
