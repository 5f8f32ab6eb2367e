"""Prompts with provenance: a built-in set, JSONL and text files."""

from llem_prompts.builtin import BUILTIN_REVISION, BuiltinPrompt, BuiltinPrompts, builtin_set
from llem_prompts.files import FilePrompts
from llem_prompts.texts import DatasetError, texts_sha256

__version__ = "0.1.0"

__all__ = [
    "BUILTIN_REVISION",
    "BuiltinPrompt",
    "BuiltinPrompts",
    "DatasetError",
    "FilePrompts",
    "__version__",
    "builtin_set",
    "texts_sha256",
]
