"""Every stable code that llem gives, with what it means in one sentence.

A code never changes its meaning. Plugins from elsewhere may give codes of their own; the sentence
beside a code says what happened in the case at hand.
"""

from collections.abc import Mapping
from types import MappingProxyType

WARNING_CODES: Mapping[str, str] = MappingProxyType(
    {
        # energy
        "no_sensor": "No sensor of the run's devices can be read, so there is no energy.",
        "unresolved_window": "The window was too short for its sensors to tell its energy.",
        "counter_reset": "The energy counter fell or could not be followed, so there is no energy.",
        "sensor_failed": "A device or its sensor stopped to answer, so there is no energy.",
        "gpu_not_found": "The package that meters did not find the GPU, so there is no energy.",
        "wrapper_unusable": "The package that meters could not be used, so there is no energy.",
        "energy_estimated": "The joules are an estimate from CPU time; no sensor was read.",
        "simulated_device": "The device is simulated: no figure says anything about hardware.",
        "mig_parent": "The board is partitioned, and its energy is that of all partitions.",
        "shared_device": "Another process computed on a device during the window.",
        "sensor_disagreement": "Two sensors of a device are more than 5 % apart.",
        "sensor_fallback": "The preferred sensor failed, and another one gave the energy.",
        "sensor_interrupted": "For a while around the window a sensor could not be read.",
        "sampler_in_process": "The process that generates read its sensors, which may delay both.",
        "few_samples": "The window holds fewer than ten samples of its sensors.",
        "baseline_missing": "There is no idle power, and so no adjusted energy.",
        "large_baseline": "The idle power is more than half of the gross energy.",
        # the protocol
        "short_window": "The window lasted less than 10 s, so its figures scatter more.",
        "not_converged": "The warm-up ended before its latencies agreed.",
        "not_settled": "Power and temperature were not steady when the window began.",
        "not_steady": "Power or temperature were not steady in a window that was to be so.",
        "throttled": "Clocks were held back for more than 1 % of the window.",
        "thermal_drift": "A device's temperature changed by more than 5 C in the window.",
        "cold_start": "There was no warm-up: the window holds what is paid for once.",
        "compiled_in_window": "Code was compiled while the window was open.",
        # the workload
        "prompts_repeated": "More prompts were asked for than the set has, so prompts repeat.",
        "prompts_truncated": "Prompts were cut, because the model has no positions for more.",
        "remote_code_trusted": "Code from the model's own repository may have run.",
        "dummy_weights": "The weights are random, so joules may differ by tens of percent.",
        # pre-flight, where it does not stop the run
        "persistence_off": "The driver lets go of the GPU whenever no program holds it.",
        "device_in_use": "Other processes hold a GPU of the run before it begins.",
        "power_limit_lowered": "A GPU may draw less than its default power.",
        "cpu_governor": "The clocks of the CPU follow the load.",
        "cache_not_writable": "Nothing can be kept for later runs in the folder for caches.",
        "slow_precision": "The processor has no units for this precision and computes slowly.",
        "experts_not_quantised": "The experts of a quantised mixture keep their precision.",
        "torch_without_cuda": "There is a GPU, and the installed torch cannot use it.",
        "nvml_unavailable": "NVIDIA's management library does not answer.",
        "gpu_unreadable": "A GPU does not say who it is.",
        "gpu_order_unknown": "The GPUs are of several kinds, and CUDA's order of them is unknown.",
        "gpus_hidden": "CUDA_VISIBLE_DEVICES hides all GPUs.",
    }
)
"""What may stand in `measurement_warnings`."""

PROBLEM_CODES: Mapping[str, str] = MappingProxyType(
    {
        # the installation
        "plugin_unusable": "A plugin that the run needs is missing or broken.",
        "no_backend": "No backend is installed that could be used.",
        "invalid_config": "The configuration is not valid, so that nothing could be checked.",
        "not_supported": "The backend does not support what the config asks for.",
        "torch_without_cuda": "A GPU is asked for, and the installed torch cannot use one.",
        # devices
        "device_not_found": "A device that the backend plans to use is not there.",
        "no_device": "No device that the meter reads is visible.",
        "no_cuda_device": "CUDA is asked for, and there is no CUDA device.",
        "gpu_not_supported": "The installed torch was not built for this GPU.",
        "device_in_use": "Other processes hold a GPU of the run.",
        "not_enough_memory": "The model needs more memory than is free.",
        "persistence_off": "The driver lets go of the GPU whenever no program holds it.",
        "power_limit_lowered": "A GPU may draw less than its default power.",
        "cpu_governor": "The clocks of the CPU follow the load.",
        "slow_precision": "The processor has no units for this precision and computes slowly.",
        "experts_not_quantised": "The experts of a quantised mixture keep their precision.",
        "nvml_unavailable": "NVIDIA's management library does not answer.",
        "gpu_not_found": "The driver, or the package that meters, shows no such GPU.",
        "gpu_unreadable": "A GPU does not say who it is.",
        "gpu_order_unknown": "The GPUs are of several kinds, and CUDA's order of them is unknown.",
        "gpus_hidden": "CUDA_VISIBLE_DEVICES hides all GPUs.",
        "mig_parent": "The board is partitioned, and its sensors see all partitions.",
        # meters
        "no_meter": "No meter is installed.",
        "no_sensor": "No sensor can be read, so there will be no energy.",
        "meter_unusable": "The meter that was asked for cannot be used.",
        "meter_not_applicable": "The meter does not read this kind of device.",
        "no_power_sensor": "The GPU tells neither energy nor power.",
        "no_energy_counter": "The meter needs an energy counter, and the GPU has none.",
        "wrapper_unusable": "The package that the meter is made of cannot be used here.",
        "no_rapl": "The processor shows no energy counters.",
        "no_permission": "Only an administrator may read the counters.",
        "rapl_unreadable": "An energy counter of the processor gives no number.",
        "no_cpu_time": "The CPU time of the machine cannot be read.",
        # the model
        "model_not_found": "There is no model of this name.",
        "model_gated": "The hub gives the model only to those who were granted access.",
        "model_not_cached": "The model is not in the cache, and the hub cannot be reached.",
        "hub_failed": "The hub answered with a failure of its own.",
        "model_cache_full": "The model cache has too little room for what is to be downloaded.",
        "model_cache_not_writable": "A model has to be downloaded and cannot be kept.",
        "revision_not_found": "The model has no such revision.",
        "not_a_model": "What was named as the model is an adapter.",
        "unknown_builtin": "There is no built-in model of this name.",
        "no_model_config": "The folder or repository has no config.json.",
        "unreadable_model_config": "The model's config.json cannot be read.",
        "unknown_architecture": "The installed transformers does not know the architecture.",
        "not_a_causal_lm": "The model is no causal language model.",
        "remote_code": "The model needs code from a repository, which nobody asked to run.",
        "remote_code_trusted": "Code from the model's own repository may run.",
        "model_not_buildable": "The model cannot be built from its config.",
        "model_not_loadable": "The weights cannot be loaded.",
        "adapter_not_usable": "The adapter's files are missing, broken, or of another kind.",
        "adapter_does_not_fit": "The adapter was made for a model of another shape.",
        "no_weights": "The model has no weights of a kind that is read.",
        "no_tokenizer": "The model has no tokenizer.",
        "end_token_beyond_vocabulary": "The token that ends the model's texts is none of its own.",
        "no_end_token": "Outputs are to end by themselves, and the model has no end token.",
        "too_long": "Prompt and output are longer than the model has positions.",
        # processes
        "too_many_processes": "There are fewer devices or cores than processes.",
        "idle_processes": "There are too few prompts for every process to have one.",
        # arguments
        "decoder_conflict": "A setting of the decoder has no effect under its strategy.",
        "setting_conflict": "A setting has no effect beside another one, or excludes it.",
        "missing_library": "A setting needs a library that is not installed.",
        "tensor_parallel_not_launched": "A model is to be split among processes, and there is one.",
        "protocol_conflict": "Steps of the protocol do not go together.",
        "reserved_argument": "An argument is the backend's own to set.",
        "generation_conflict": "Settings of the generation do not go together.",
        "no_continuous_batching": "The installed transformers cannot batch continuously.",
        "no_compiler": "Code is to be compiled, and there is no compiler.",
        "no_chat_template": "A chat template is asked for, and the tokenizer has none.",
        "assistant_vocabulary": "A model and its assistant do not have the same tokens.",
        # prompts
        "dataset_unknown": "The dataset is no known name, no known kind of file and no hub id.",
        "dataset_not_found": "There is no such file, and no such dataset.",
        "dataset_not_cached": "The dataset is not in the cache, and the hub cannot be reached.",
        "dataset_cache_full": "The disk was full before all of a hub dataset was there.",
        "dataset_gated": "The hub gives the dataset only to those who were granted access.",
        "dataset_revision_not_found": "The hub dataset has no such revision.",
        "dataset_split_missing": "The hub dataset has no such split, or several.",
        "dataset_without_parquet": "The hub dataset has no Parquet files.",
        "dataset_not_readable": "The file of the dataset cannot be read.",
        "dataset_not_utf8": "The file of the dataset is not UTF-8.",
        "dataset_format_unknown": "The file of the dataset is of no known kind.",
        "dataset_column_repeated": "The column of the prompts is there more than once.",
        "dataset_empty": "The dataset has no prompts.",
        "dataset_too_small": "The dataset has fewer prompts than were asked for.",
        "dataset_line_broken": "A line of the dataset is no JSON object.",
        "dataset_column_missing": "The dataset has no such column.",
        "dataset_option_not_applicable": "A key was set that the dataset does not take.",
        "dataset_library_missing": "A library that the dataset needs is not installed.",
        "prompt_empty": "A prompt of the dataset is empty.",
        "prompt_not_text": "A prompt of the dataset is no text.",
        "prompt_without_tokens": "The tokenizer makes no token of a prompt.",
        "input_tokens_cut": "Prompts of the length that was asked for would be cut.",
        "shared_prefix_too_long": "The shared prefix leaves prompts nothing of their own.",
        "synthetic_too_short": "Special tokens alone take up the length of a synthetic prompt.",
        "synthetic_length_impossible": "The tokenizer gives no text of the asked length.",
        "synthetic_not_distinct": "There are not as many different prompts of the asked length.",
        "builtin_prompts_altered": "The prompts that came with llem were changed.",
        # the output folder
        "results_dir_unusable": "The output folder cannot be made or looked into.",
        "results_dir_not_a_folder": "The output folder's name is that of a file.",
        "results_dir_not_writable": "The output folder may not be written to.",
        "disk_almost_full": "The disk of the output folder has too little room left.",
        "cache_not_writable": "Nothing can be kept in a folder for caches.",
    }
)
"""What may be wrong before a run begins. Those that do not stop it are warnings of its result."""

NOT_MEASURED_CODES: Mapping[str, str] = MappingProxyType(
    {
        "no_sensor": "No sensor can be read.",
        "sensor_failed": "A sensor stopped to answer, or gave nothing.",
        "counter_reset": "The energy counter fell or could not be followed.",
        "unresolved_window": "The window was too short for its sensors.",
        "unresolved_phase": "The figure is no larger than its own error.",
        "gpu_not_found": "The package that meters did not find the GPU.",
        "wrapper_unusable": "The package that meters could not be used.",
        "not_steady": "Power or temperature were not steady.",
        "not_stated": "The meter states no error.",
        "too_few_samples": "The figure would rest on too few samples.",
        "too_few_runs": "The figure would rest on too few runs.",
        "too_few_batches": "The interval would rest on too few batches.",
        "not_requested": "The config does not ask for it.",
        "not_applicable": "There is nothing of the kind in this run.",
        "not_available": "The device, the meter or the machine does not tell it.",
        "not_found": "It was looked for and is not there.",
        "not_saved": "No output folder was given.",
        "shape_unknown": "The engine does not tell the model's shape.",
        "peak_unknown": "The device's peak in this precision is not in the table.",
    }
)
"""Why a field of a result is None, in `not_measured`."""

NOTICE_CODES: Mapping[str, str] = MappingProxyType(
    {
        "partial_run": "A run ended before its end, and what it measured until then was kept.",
        "dead_run": "An earlier run in the folder had died, and was cleaned up.",
    }
)
"""What a listener is told beside the warnings of the result."""
