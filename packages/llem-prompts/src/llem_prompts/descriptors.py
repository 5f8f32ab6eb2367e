"""What the entry points name."""

from llem_contracts import PromptsDescriptor

BUILTIN = PromptsDescriptor(
    name="builtin",
    summary="prompts in four length classes that come with llem",
    factory="llem_prompts.builtin:builtin_prompts",
    names=frozenset({"builtin"}),
)

FILES = PromptsDescriptor(
    name="files",
    summary="a JSONL file, or a text file with a prompt per line",
    factory="llem_prompts.files:file_prompts",
    suffixes=frozenset({".jsonl", ".txt"}),
)
