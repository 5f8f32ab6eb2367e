"""Weights into memory."""

from typing import Any

from llem_contracts import BackendError
from llem_schema import Precision

from llem_backend_pytorch.dummy_weights import dummy_weights
from llem_backend_pytorch.load_arguments import load_arguments
from llem_backend_pytorch.out_of_memory import is_out_of_memory
from llem_backend_pytorch.outline import Outline
from llem_backend_pytorch.placement import refuse_offloading
from llem_backend_pytorch.problems import first_line, unusable
from llem_backend_pytorch.settings import Settings


def load_weights(outline: Outline, precision: Precision, settings: Settings, device: Any) -> Any:
    """The model of an outline, on its device or devices. Raises `BackendError`."""
    loaded = _loaded(
        outline,
        settings.load_format == "dummy",
        load_arguments(precision, settings, str(device), outline.extra),
    )
    if settings.device_map is not None:
        refuse_offloading(loaded, outline.model, str(device))
    elif settings.quantization is None:
        loaded = _moved(loaded, device, outline.model)
    return loaded


def _loaded(outline: Outline, dummy: bool, arguments: dict[str, Any]) -> Any:
    """The model as `from_pretrained` gives it, in evaluation mode.

    `arguments` go there as they stand. Raises `BackendError` where memory runs out, and
    `UnusableModel` for everything else, also for a checkpoint that lacks weights, which
    transformers would fill with random numbers.
    """
    from transformers import AutoModelForCausalLM

    try:
        if dummy:
            weights = dummy_weights(outline.hollow.named_parameters(), arguments["dtype"])
            loaded, report = type(outline.hollow).from_pretrained(
                None, config=outline.config, state_dict=weights, **arguments
            )
        else:
            loaded, report = AutoModelForCausalLM.from_pretrained(
                outline.folder, config=outline.config, **arguments
            )
    except Exception as error:  # each architecture and file format fails in its own way
        if is_out_of_memory(error):
            raise _does_not_fit(outline.model, "the host or the device") from error
        raise unusable(
            "model_not_loadable",
            f"the model {outline.model!r} cannot be loaded: {first_line(error)}",
            "Check the checkpoint and the pytorch section, pytorch.model_kwargs above all.",
        ) from error
    parameters = {name for name, _ in outline.hollow.named_parameters()}
    _check_complete(outline.model, parameters, report)
    return loaded.eval()


def _moved(model: Any, device: Any, name: str) -> Any:
    """The model on the device. Raises `BackendError` where it does not fit."""
    try:
        return model.to(device)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise _does_not_fit(name, str(device)) from error


def _does_not_fit(model: str, device: str) -> BackendError:
    """The error for weights that memory has no room for."""
    return BackendError(
        f"the weights of {model!r} do not fit into the memory of {device}",
        cure="Take a smaller model or a lower precision, set pytorch.quantization, or free the "
        "device.",
    )


def _check_complete(model: str, parameters: set[str], report: dict[str, Any]) -> None:
    missing = sorted(set(map(str, report.get("missing_keys") or ())) & parameters)
    if missing:
        raise unusable(
            "no_weights",
            f"the checkpoint of {model!r} lacks {len(missing)} of the model's weights, "
            f"{missing[0]} among them",
            "Copy or download the checkpoint again, or check that its config.json belongs to it.",
        )
