"""Weights into memory."""

from dataclasses import dataclass
from typing import Any

from llem_schema import Precision

from llem_backend_pytorch.dummy_weights import dummy_weights
from llem_backend_pytorch.garbage import let_go
from llem_backend_pytorch.load_arguments import load_arguments
from llem_backend_pytorch.out_of_memory import is_out_of_memory, weights_do_not_fit
from llem_backend_pytorch.outline import Outline
from llem_backend_pytorch.placement import refuse_offloading
from llem_backend_pytorch.problems import UnusableModel, first_line, unusable
from llem_backend_pytorch.settings import Settings
from llem_backend_pytorch.weight_files import misshapen, used_files


@dataclass(frozen=True)
class WeightedModel:
    """A model with its weights."""

    model: Any
    unused_weights: int
    """Tensors of the checkpoint that the model has no place for."""


def load_weights(
    outline: Outline, precision: Precision, settings: Settings, device: Any
) -> WeightedModel:
    """The model of an outline, on its device or devices. Raises `BackendError`."""
    loaded, unused = _loaded(
        outline,
        settings.load_format == "dummy",
        load_arguments(precision, settings, str(device), outline.extra),
        str(device),
    )
    if settings.device_map is not None:
        refuse_offloading(loaded, outline.model, str(device))
    elif settings.quantization is None and settings.tp_plan is None:
        loaded = _moved(loaded, device, outline.model)
    return WeightedModel(loaded, unused)


def _loaded(
    outline: Outline, dummy: bool, arguments: dict[str, Any], device: str
) -> tuple[Any, int]:
    """The model as `from_pretrained` gives it, in evaluation mode, and how many weights were left.

    `arguments` go there as they stand. Raises `OutOfMemory` where memory runs out, and
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
            let_go(error)
            raise weights_do_not_fit(outline.model, error, device) from error
        raise _not_loadable(outline, error) from error
    parameters = {name for name, _ in outline.hollow.named_parameters()}
    _check_complete(outline.model, parameters, report)
    return loaded.eval(), len(report.get("unexpected_keys") or ())


def _moved(model: Any, device: Any, name: str) -> Any:
    """The model on the device. Raises `OutOfMemory` where it does not fit."""
    try:
        return model.to(device)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        let_go(error)
        raise weights_do_not_fit(name, error, str(device)) from error


def _not_loadable(outline: Outline, error: Exception) -> UnusableModel:
    folder = outline.folder
    files = used_files(folder) if folder is not None else ()
    if any(path.suffix == ".bin" for path in files):
        return unusable(
            "model_not_loadable",
            f"the pickled weights of {outline.model!r} cannot be read, or hold more than tensors: "
            f"{first_line(error)}",
            "Copy or download the checkpoint again, or take one in safetensors.",
        )
    shapes = {name: tuple(tensor.shape) for name, tensor in outline.hollow.named_parameters()}
    why = misshapen(folder, shapes) if folder is not None else None
    return unusable(
        "model_not_loadable",
        f"the model {outline.model!r} cannot be loaded: {why or first_line(error)}",
        "Check the checkpoint and the pytorch section, pytorch.model_kwargs above all.",
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
