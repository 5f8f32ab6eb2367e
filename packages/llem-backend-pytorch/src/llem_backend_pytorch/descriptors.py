"""What the entry point names. Imports nothing heavy."""

from llem_contracts import BackendDescriptor

from llem_backend_pytorch.builtin import BUILTIN_MODELS, PREFIX

PYTORCH = BackendDescriptor(
    name="pytorch",
    summary="transformers on torch, on CUDA devices or the CPU",
    factory="llem_backend_pytorch.backend:PyTorchBackend",
    requires=("torch", "transformers", "tokenizers", "huggingface_hub"),
    install_hint="pip install 'llem-cli[pytorch]'",
    precisions=frozenset({"fp32", "fp16", "bf16"}),
    decoding_strategies=frozenset({"greedy", "sample"}),
    output_lengths=frozenset({"fixed", "natural"}),
    adapters=True,
    models=tuple(f"{PREFIX}{name}" for name in BUILTIN_MODELS),
)
