"""What the entry points name."""

from llem_contracts import PromptsDescriptor

BUILTIN = PromptsDescriptor(
    name="builtin",
    summary="prompts in four length classes that come with llem",
    factory="llem_prompts.builtin:builtin_prompts",
    names=frozenset({"builtin"}),
    options=frozenset({"order"}),
)

SYNTHETIC = PromptsDescriptor(
    name="synthetic",
    summary="different prompts of exactly the asked length in tokens",
    factory="llem_prompts.synthetic:synthetic_prompts",
    names=frozenset({"synthetic"}),
    options=frozenset({"input_tokens", "shared_prefix"}),
)

FILES = PromptsDescriptor(
    name="files",
    summary="a JSONL, CSV or Parquet file, or a text file with a prompt per line",
    factory="llem_prompts.files:file_prompts",
    suffixes=frozenset({".jsonl", ".csv", ".parquet", ".txt"}),
    options=frozenset({"column", "order"}),
)
