"""Settings of the generation that nothing would use, or that exclude one another."""

from collections.abc import Iterator

from llem_contracts import Problem
from llem_schema import ExperimentConfig, PyTorchConfig

from llem_backend_pytorch.builtin import PREFIX

_ONE_AT_A_TIME = "prompt_lookup_num_tokens", "assistant_model"


def generation_problems(config: ExperimentConfig) -> tuple[Problem, ...]:
    """One problem for each pair of settings that do not go together."""
    section = config.pytorch or PyTorchConfig()
    return tuple(
        Problem(code="generation_conflict", message=message, cure=cure)
        for message, cure in (
            *_of_compiling(section),
            *_of_drafts(section),
            *_of_flex_attention(section),
            *_of_continuous_batching(config, section),
            *_of_the_template(config, section),
        )
    )


def _of_compiling(section: PyTorchConfig) -> Iterator[tuple[str, str]]:
    if section.torch_compile and section.cache_implementation == "dynamic":
        yield (
            "pytorch.torch_compile needs a cache whose shape stays, and "
            "pytorch.cache_implementation is dynamic",
            "Leave pytorch.cache_implementation out, or set it to static.",
        )
    if section.torch_compile_mode is not None and not section.torch_compile:
        yield (
            "pytorch.torch_compile_mode has no effect without pytorch.torch_compile",
            "Set pytorch.torch_compile to true, or leave the mode out.",
        )


def _of_drafts(section: PyTorchConfig) -> Iterator[tuple[str, str]]:
    drafting = [name for name in _ONE_AT_A_TIME if getattr(section, name) is not None]
    if section.num_assistant_tokens is not None and section.assistant_model is None:
        yield (
            "pytorch.num_assistant_tokens has no effect without pytorch.assistant_model",
            "Name the assistant, or leave the number out.",
        )
    if not drafting:
        return
    if len(drafting) > 1:
        yield (
            "pytorch.prompt_lookup_num_tokens and pytorch.assistant_model both draft tokens",
            "Leave one of them out.",
        )
    if (section.batch_size or 1) > 1:
        yield (
            f"pytorch.{drafting[0]} takes one prompt at a time, and pytorch.batch_size is "
            f"{section.batch_size}",
            "Set pytorch.batch_size to 1.",
        )
    if section.torch_compile or section.cache_implementation == "static":
        yield (
            f"pytorch.{drafting[0]} needs a dynamic cache, from which it takes back what the model "
            "does not confirm",
            "Leave pytorch.cache_implementation and pytorch.torch_compile out.",
        )


def _of_flex_attention(section: PyTorchConfig) -> Iterator[tuple[str, str]]:
    """Its mask is a table of blocks, which neither of these can take."""
    if section.attn_implementation != "flex_attention":
        return
    beside = {
        "continuous batching": section.batching == "continuous",
        "a static cache": section.cache_implementation == "static" or bool(section.torch_compile),
    }
    for what in (what for what, asked in beside.items() if asked):
        yield (
            f"pytorch.attn_implementation is flex_attention, which does not go with {what}",
            "Set pytorch.attn_implementation to sdpa or eager.",
        )


def _of_continuous_batching(
    config: ExperimentConfig, section: PyTorchConfig
) -> Iterator[tuple[str, str]]:
    if section.batching != "continuous":
        return
    for name in (
        "cache_implementation",
        "torch_compile",
        "prompt_lookup_num_tokens",
        "assistant_model",
    ):
        if getattr(section, name):
            yield (
                f"pytorch.{name} is a setting of batches, and pytorch.batching is continuous",
                f"Leave pytorch.{name} out, or set pytorch.batching to static.",
            )
    if config.passthrough_kwargs:
        yield (
            "continuous batching leaves out of passthrough_kwargs what it does not know, without "
            "a word",
            "Leave passthrough_kwargs out, or set pytorch.batching to static.",
        )


def _of_the_template(config: ExperimentConfig, section: PyTorchConfig) -> Iterator[tuple[str, str]]:
    if section.chat_template and config.model.startswith(PREFIX):
        yield (
            f"pytorch.chat_template is on and the tokenizer of {config.model!r} has no template",
            "Leave pytorch.chat_template out, or take a model that was made for chats.",
        )
