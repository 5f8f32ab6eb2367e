"""llem's PyTorch backend: transformers on torch. Importing it loads neither."""

from llem_backend_pytorch.backend import PyTorchBackend
from llem_backend_pytorch.descriptors import PYTORCH

__version__ = "0.1.0"

__all__ = ["PYTORCH", "PyTorchBackend", "__version__"]
