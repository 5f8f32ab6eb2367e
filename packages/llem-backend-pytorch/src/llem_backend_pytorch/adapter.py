"""A LoRA adapter on a loaded model, by PEFT."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llem_contracts import Problem
from llem_schema import LoraConfig

from llem_backend_pytorch.checkpoint_folder import ADAPTER_CONFIG
from llem_backend_pytorch.libraries import Installed, missing
from llem_backend_pytorch.model_source import ModelFiles
from llem_backend_pytorch.out_of_memory import is_out_of_memory, weights_do_not_fit
from llem_backend_pytorch.problems import first_line, unusable


@dataclass(frozen=True)
class AppliedAdapter:
    """What became of `lora`."""

    model: Any
    """The transformers model, with the adapter in it."""
    record: dict[str, Any]
    """For `effective_config`."""


def adapter_problems(lora: LoraConfig | None, installed: Installed) -> tuple[Problem, ...]:
    """What is wrong with `lora` by itself, and what this machine lacks."""
    if lora is None:
        return ()
    problems = missing(("peft",), needed_by="lora", extra="lora", installed=installed)
    if (lora.adapter is None) == (lora.path is None):
        both = lora.adapter is not None
        problems = (
            Problem(
                code="setting_conflict",
                message=f"lora names {'both an adapter and a path' if both else 'no adapter'}",
                cure="Give the adapter's hub id as lora.adapter, or its folder as lora.path.",
            ),
            *problems,
        )
    return problems


def apply_adapter(model: Any, name: str, lora: LoraConfig, files: ModelFiles) -> AppliedAdapter:
    """Put the adapter in the folder of `files` on the model `name`, or into its matrices.

    The adapter computes in the type of the model. Raises `UnusableModel` for one that was made for
    a model of another shape, of which PEFT takes what fits and leaves the rest as it was.
    """
    from peft import PeftModel, get_peft_model_state_dict, load_peft_weights

    folder = files.folder
    assert folder is not None
    chosen = lora.adapter or lora.path or ""
    made_for = _stated(folder).get("base_model_name_or_path")
    before = sum(parameter.numel() for parameter in model.parameters())
    try:
        adapted = PeftModel.from_pretrained(model, str(folder), autocast_adapter_dtype=False)
        expected = get_peft_model_state_dict(adapted, save_embedding_layers=False).keys()
        given = load_peft_weights(str(folder), device="cpu").keys()
    except Exception as error:  # PEFT checks names, shapes and types in several ways
        if is_out_of_memory(error):
            raise weights_do_not_fit(chosen, error, str(model.device)) from error
        raise _misfit(chosen, name, made_for, first_line(error)) from error
    lost = sorted(expected - given) or sorted(key for key in given - expected if "lora_" in key)
    if lost:
        raise _misfit(chosen, name, made_for, f"{lost[0]} is in one of the two alone")
    added = sum(parameter.numel() for parameter in adapted.parameters()) - before
    settings = adapted.peft_config["default"]
    merged = adapted.merge_and_unload() if lora.merge_weights else adapted.get_base_model()
    return AppliedAdapter(
        merged.eval(),
        {
            "adapter": chosen,
            "commit": files.commit,
            "base_model": made_for,
            "rank": settings.r,
            "alpha": settings.lora_alpha,
            "target_modules": _listed(settings.target_modules),
            "parameters": added,
            "merged": lora.merge_weights,
        },
    )


def _misfit(adapter: str, model: str, made_for: str | None, why: str) -> Exception:
    stated = f", made for {made_for!r}," if made_for else ""
    return unusable(
        "adapter_does_not_fit",
        f"the adapter {adapter!r}{stated} does not fit the model {model!r}: {why}",
        "Take an adapter that was made for this model, or the model that it was made for.",
    )


def _stated(folder: Path) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    return stated


def _listed(modules: Any) -> list[str]:
    """PEFT keeps names as a set, and a pattern as a text."""
    return [modules] if isinstance(modules, str) else sorted(modules or ())
