"""Arguments that the backend sets itself, and the config key to use instead."""

from collections.abc import Iterable, Mapping

from llem_contracts import Problem
from llem_schema import ExperimentConfig

_LENGTH = "Use max_output_tokens and output_length."
_COUNTING = "Leave it out: tokens are counted up to the end-of-sequence token."
_ONE_OUTPUT = "Leave it out: a request has one output, one token per step."
_ONE_PASS = "Leave it out: FLOPs are counted for one pass through the model a step, with a cache."
_RETURNS = "Leave it out: the generated ids are all that the backend reads."
_INPUT = "Use dataset: the prompts are the input."
_SOURCE = "Use model and revision."
_DEVICE = "Use pytorch.device or pytorch.device_map."
_PARALLEL = "Use pytorch.tp_plan."
_QUANTIZATION = "Use pytorch.quantization."
_ADAPTER = "Use lora."
_CODE = "Use pytorch.trust_remote_code."
_KERNELS = (
    "Leave it out: code is taken from installed packages and, where asked, from the model's "
    "own repository alone."
)

GENERATE_ARGUMENTS: Mapping[str, str] = {
    "inputs": _INPUT,
    "input_ids": _INPUT,
    "inputs_embeds": _INPUT,
    "attention_mask": _INPUT,
    "position_ids": _INPUT,
    "max_new_tokens": _LENGTH,
    "min_new_tokens": _LENGTH,
    "max_length": _LENGTH,
    "min_length": _LENGTH,
    "eos_token_id": _LENGTH,
    "pad_token_id": _COUNTING,
    "do_sample": "Use decoder.strategy.",
    "temperature": "Use decoder.temperature.",
    "top_k": "Use decoder.top_k.",
    "top_p": "Use decoder.top_p.",
    "stop_strings": _COUNTING,
    "max_time": _COUNTING,
    "stopping_criteria": _COUNTING,
    "num_beams": _ONE_OUTPUT,
    "num_return_sequences": _ONE_OUTPUT,
    "token_healing": _ONE_OUTPUT,
    "use_cache": _ONE_PASS,
    "guidance_scale": _ONE_PASS,
    "streamer": "Leave it out: the backend takes the time of each step itself.",
    "generation_config": "Give its fields in passthrough_kwargs.",
    "return_dict_in_generate": _RETURNS,
    "output_scores": _RETURNS,
    "output_logits": _RETURNS,
    "output_attentions": _RETURNS,
    "output_hidden_states": _RETURNS,
    "cache_implementation": "Use pytorch.cache_implementation.",
    "compile_config": "Use pytorch.torch_compile and pytorch.torch_compile_mode.",
    "disable_compile": "Use pytorch.torch_compile.",
    "prompt_lookup_num_tokens": "Use pytorch.prompt_lookup_num_tokens.",
    "assistant_model": "Use pytorch.assistant_model.",
    "num_assistant_tokens": "Use pytorch.num_assistant_tokens.",
    "custom_generate": _KERNELS,
    "trust_remote_code": _CODE,
}
"""What `passthrough_kwargs` may not hold, with the cure."""

LOAD_ARGUMENTS: Mapping[str, str] = {
    "pretrained_model_name_or_path": _SOURCE,
    "config": _SOURCE,
    "state_dict": _SOURCE,
    "revision": _SOURCE,
    "code_revision": _CODE,
    "subfolder": _SOURCE,
    "cache_dir": "Use the model_cache_dir of the user config.",
    "local_files_only": "Set HF_HUB_OFFLINE=1 in the environment.",
    "force_download": "Delete the model from the cache instead.",
    "token": "Set HF_TOKEN in the environment.",
    "dtype": "Use precision.",
    "torch_dtype": "Use precision.",
    "attn_implementation": "Use pytorch.attn_implementation.",
    "device_map": _DEVICE,
    "max_memory": _DEVICE,
    "offload_folder": _DEVICE,
    "tp_plan": _PARALLEL,
    "tp_size": _PARALLEL,
    "device_mesh": _PARALLEL,
    "distributed_config": _PARALLEL,
    "quantization_config": _QUANTIZATION,
    "load_in_4bit": _QUANTIZATION,
    "load_in_8bit": _QUANTIZATION,
    "adapter_kwargs": _ADAPTER,
    "adapter_name": _ADAPTER,
    "use_kernels": _KERNELS,
    "kernel_config": _KERNELS,
    "allow_all_kernels": _KERNELS,
    "output_loading_info": "Leave it out: missing weights are an error in any case.",
    "return_unused_kwargs": "Leave it out: unused arguments are an error in any case.",
    "trust_remote_code": _CODE,
}
"""What `pytorch.model_kwargs` may not hold, with the cure."""


def reserved_argument_problems(config: ExperimentConfig) -> tuple[Problem, ...]:
    """One problem for each argument that is the backend's own to set."""
    model_kwargs = config.pytorch.model_kwargs if config.pytorch else None
    return (
        *_taken("passthrough_kwargs", config.passthrough_kwargs or (), GENERATE_ARGUMENTS),
        *_taken("pytorch.model_kwargs", model_kwargs or (), LOAD_ARGUMENTS),
    )


def _taken(key: str, names: Iterable[str], cures: Mapping[str, str]) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            code="reserved_argument",
            message=f"{key} holds {name!r}, which the backend sets itself",
            cure=cures[name],
        )
        for name in names
        if name in cures
    )
