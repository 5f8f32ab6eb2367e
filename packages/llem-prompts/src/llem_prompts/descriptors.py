"""What the entry points name."""

from llem_contracts import PromptsDescriptor

from llem_prompts.aliases import ALIASES

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

HUB = PromptsDescriptor(
    name="hub",
    summary="a dataset of the Hugging Face hub, by its id owner/name",
    factory="llem_prompts.hub_prompts:hub_prompts",
    names=frozenset(ALIASES),
    pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*",
    options=frozenset({"column", "order", "revision", "split"}),
    requires=("huggingface_hub", "pyarrow"),
    install_hint="pip install 'llem-prompts[hub]'",
)
