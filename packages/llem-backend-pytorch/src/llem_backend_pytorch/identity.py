"""Which devices hold a model, by identity."""

from typing import Any

from llem_schema import HOST_ID


def devices_of(model: Any) -> tuple[Any, ...]:
    """The torch devices that hold parameters, each once, in the order of the model."""
    return tuple(dict.fromkeys(parameter.device for parameter in model.parameters()))


def device_uuid(device: Any) -> str:
    """`host` for the CPU, else the UUID in the driver's spelling.

    torch gives the bare UUID; a partition of a GPU is told by its name, which says `MIG`.
    """
    if device.type == "cpu":
        return HOST_ID
    import torch

    facts = torch.cuda.get_device_properties(device)
    prefix = "MIG" if " MIG " in facts.name else "GPU"
    return f"{prefix}-{facts.uuid}"


def device_name(device: Any) -> str:
    """The name that torch gives it."""
    if device.type == "cpu":
        return "cpu"
    import torch

    return torch.cuda.get_device_name(device)
