"""What a model's shape says of it: its dimensions where its parts are known, its parameters as
counted."""

from typing import Any

from llem_schema import ModelShape

from llem_backend_pytorch.dimensions import dimensions_of

_EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
_ACTIVE_EXPERTS = ("num_experts_per_tok", "moe_topk", "moe_k", "moe_top_k", "top_k_experts")
"""Names that architectures give to the experts of a layer, and to those that a token goes
through."""


def shape_of(model: Any) -> ModelShape:
    """The shape of a transformers model, on any device; the meta device is enough.

    Every parameter counts once, tied or not. Embedding parameters are those of all look-up tables
    (tokens, positions) and of the output head.
    """
    from torch import nn

    config = model.config
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    head = model.get_output_embeddings()
    ends = [*tables, *([head] if head is not None else [])]
    embedding = {id(p): p.numel() for module in ends for p in module.parameters()}
    experts = _first_of(config, _EXPERTS)
    mixture = experts is not None and experts > 1
    return ModelShape(
        architecture=config.model_type,
        dimensions=dimensions_of(config),
        counted_parameters=sum(parameter.numel() for parameter in model.parameters()),
        counted_embedding_parameters=sum(embedding.values()),
        experts_per_layer=experts if mixture else None,
        active_experts_per_layer=_first_of(config, _ACTIVE_EXPERTS) if mixture else None,
        counted_expert_parameters=_expert_parameters(model) if mixture else None,
    )


def _first_of(config: Any, names: tuple[str, ...]) -> int | None:
    text = config.get_text_config(decoder=True)
    found = (getattr(text, name, None) for name in names)
    return next((value for value in found if isinstance(value, int)), None)


def _expert_parameters(model: Any) -> int | None:
    """Of the experts that are chosen among, which all architectures keep under `experts`."""
    counted = sum(p.numel() for name, p in model.named_parameters() if ".experts." in name)
    return counted or None
