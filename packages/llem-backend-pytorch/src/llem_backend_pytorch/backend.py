"""The backend: what it would do, and doing it."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from llem_contracts import BackendDescriptor, BackendPlan, LoadedModel, Problem
from llem_schema import (
    AcceleratorFacts,
    DeviceFacts,
    ExperimentConfig,
    ModelShape,
    RunSettings,
    freeze_json,
)

from llem_backend_pytorch.assistant import (
    assistant_config,
    check_vocabulary,
    fewest_positions,
)
from llem_backend_pytorch.cache_room import disk_free_bytes, room_problems
from llem_backend_pytorch.compilation import compiled_anew, compiler_problems
from llem_backend_pytorch.continuous import continuous_problems
from llem_backend_pytorch.cpu_precision import CPU_INFO, slow_precision
from llem_backend_pytorch.descriptors import PYTORCH
from llem_backend_pytorch.device_choice import CPU, choose_device
from llem_backend_pytorch.effective import section
from llem_backend_pytorch.garbage import not_sought
from llem_backend_pytorch.gpu_support import built_architectures, gpu_problems
from llem_backend_pytorch.hub import Hub, HuggingFaceHub
from llem_backend_pytorch.hub_models import HubModels
from llem_backend_pytorch.libraries import Installed, is_installed
from llem_backend_pytorch.model_source import ModelSource
from llem_backend_pytorch.placement import device_problems, planned_devices
from llem_backend_pytorch.problems import UnusableModel
from llem_backend_pytorch.quantization import experts_problems
from llem_backend_pytorch.random_state import random_state_kept
from llem_backend_pytorch.replica_placement import replica_problems
from llem_backend_pytorch.request_checks import refuse, request_problems
from llem_backend_pytorch.reserved import LOAD_ARGUMENTS
from llem_backend_pytorch.settings import Settings, settings_of
from llem_backend_pytorch.threads import torch_threads
from llem_backend_pytorch.tokenizer import require_template_in


class PyTorchBackend:
    """Implements `llem_contracts.InferenceBackend` with transformers on torch."""

    def __init__(
        self,
        settings: RunSettings,
        *,
        descriptor: BackendDescriptor = PYTORCH,
        hub: Hub | None = None,
        cpu_info: Path = CPU_INFO,
        sleep: Callable[[float], None] = time.sleep,
        free_bytes: Callable[[Path], int] = disk_free_bytes,
        find_program: Callable[[str], str | None] = shutil.which,
        installed: Installed = is_installed,
        shards: int = 1,
    ) -> None:
        """`shards`: processes among which the model of this one is split."""
        self._settings = settings
        self._descriptor = descriptor
        self._free_bytes = free_bytes
        self._find_program = find_program
        self._cpu_info = cpu_info
        self._installed = installed
        self._shards = shards
        self._source = ModelSource(
            HubModels(hub or HuggingFaceHub(settings.model_cache_dir), sleep)
        )

    @not_sought()
    def plan(self, config: ExperimentConfig, devices: Sequence[DeviceFacts]) -> BackendPlan:
        """See the contract. CUDA is not initialised; of a hub model that is not in the cache the
        config alone is read, through a temporary folder."""
        import torch

        settings = settings_of(config)
        device, unavailable = choose_device(settings.device, devices, torch.version.cuda)
        problems = [
            *request_problems(config, self._installed, self._shards),
            *unavailable,
            *device_problems(settings, device),
            *replica_problems(settings, config.n, device, devices),
        ]
        problems += self._missing_here(settings, device)
        if device == CPU:
            problems += slow_precision(config.precision, self._cpu_info)
        else:
            gpus = [facts for facts in devices if isinstance(facts, AcceleratorFacts)]
            for gpu in gpus[: settings.num_processes]:
                problems += gpu_problems(config.precision, gpu, built_architectures())
        found = _Examined(None, settings.attn_implementation, 0, None)
        download_bytes = None
        try:
            found = self._examine(config, settings)
            found = self._with_assistant(config, found)
            problems += _too_long(config, found.positions)
            problems += experts_problems(config.model, found.shape, settings.quantization)
            download_bytes = _together(found.download_bytes, self._adapter_bytes(config))
        except UnusableModel as error:
            problems.append(error.problem)
        if download_bytes:
            problems += room_problems(
                config.model, download_bytes, self._source.cache_dir, self._free_bytes
            )
        return BackendPlan(
            shape=found.shape,
            devices=planned_devices(settings, device, devices),
            batch_size=settings.batch_size,
            effective_config=freeze_json(section(config, settings, device, found.attention)),
            dummy_weights=settings.load_format == "dummy",
            problems=tuple(problems),
            max_sequence_tokens=found.positions or None,
            download_bytes=download_bytes,
            weight_bits=settings.quantization.bits if settings.quantization else None,
            assistant_shape=found.assistant,
            replicas=1 if settings.tp_plan is not None else settings.num_processes,
        )

    def fetch(self, config: ExperimentConfig) -> None:
        """See the contract. Only hub models have files to fetch; failures that may pass are
        tried again."""
        from llem_backend_pytorch.quiet import quiet

        with quiet():
            self._source.for_load(config)
            assistant = assistant_config(config)
            if assistant is not None:
                self._source.for_load(assistant)
            if config.lora is not None:
                self._source.adapter_files(config.lora)

    @contextmanager
    def load(self, config: ExperimentConfig) -> Iterator[LoadedModel]:
        """See the contract. Several copies are loaded by processes of their own."""
        from llem_backend_pytorch.assembly import chosen_device, load_model
        from llem_backend_pytorch.replicated import load_replicas
        from llem_backend_pytorch.split import load_split

        refuse(config, self._descriptor, self._installed, self._shards)
        settings = settings_of(config)
        for problem in self._missing_here(settings, str(chosen_device(settings))):
            raise UnusableModel(problem)
        if settings.num_processes > 1:
            self.fetch(config)
            load = load_replicas if settings.tp_plan is None else load_split
            with closing(load(config, self._settings)) as replicas:
                yield replicas
            return
        with (
            torch_threads(settings.num_threads),
            random_state_kept(),
            compiled_anew(settings),
        ):
            loaded = load_model(config, self._source)
            try:
                yield loaded
            finally:
                loaded.close()

    def _missing_here(self, settings: Settings, device: str) -> tuple[Problem, ...]:
        """What this machine lacks for the way of generating that is asked for."""
        continuous, compiled = settings.batching == "continuous", settings.torch_compile
        return (
            *(continuous_problems() if continuous else ()),
            *(compiler_problems(device, self._find_program) if compiled else ()),
        )

    def _examine(self, config: ExperimentConfig, settings: Settings) -> "_Examined":
        from llem_backend_pytorch.outline import outline_of
        from llem_backend_pytorch.quiet import quiet

        # what the backend sets itself is a problem of its own and not to be told a second time
        model_kwargs = {
            name: value
            for name, value in settings.model_kwargs.items()
            if name not in LOAD_ARGUMENTS
        }
        with quiet(), self._source.for_plan(config) as files:
            outline = outline_of(
                config.model,
                files.folder,
                settings,
                model_kwargs=model_kwargs,
                tokenizer=files.tokenizer,
            )
            if settings.chat_template and files.folder is not None:
                require_template_in(files.folder, config.model, tokenizer=files.tokenizer)
        shape = outline.shape
        return _Examined(
            shape,
            outline.hollow.config._attn_implementation,
            outline.positions,
            files.download_bytes,
            outline.vocabulary_size,
        )

    def _with_assistant(self, config: ExperimentConfig, found: "_Examined") -> "_Examined":
        """The same with the assistant: its shape, its download, and its positions, which a text
        must not outgrow either."""
        own = assistant_config(config)
        if own is None:
            return found
        assistant = self._examine(own, settings_of(own))
        check_vocabulary(config, found.vocabulary_size, assistant.vocabulary_size)
        return replace(
            found,
            positions=fewest_positions(found.positions, assistant.positions),
            download_bytes=_together(found.download_bytes, assistant.download_bytes),
            assistant=assistant.shape,
        )

    def _adapter_bytes(self, config: ExperimentConfig) -> int | None:
        lora = config.lora
        if lora is None or (lora.adapter is None) == (lora.path is None):
            return 0  # a problem of its own
        return self._source.adapter_bytes(lora)


@dataclass(frozen=True)
class _Examined:
    """What a model's config tells."""

    shape: ModelShape | None
    attention: str | None
    positions: int
    """0 without a limit."""
    download_bytes: int | None
    vocabulary_size: int = 0
    assistant: ModelShape | None = None


def _too_long(config: ExperimentConfig, positions: int) -> tuple[Problem, ...]:
    wanted = (config.max_input_tokens or 1) + config.max_output_tokens
    if not positions or wanted <= positions:
        return ()
    drafted = config.pytorch is not None and config.pytorch.assistant_model is not None
    whose = "the model with its assistant" if drafted else "the model"
    return (
        Problem(
            code="too_long",
            message=f"up to {wanted} tokens are asked for and {whose} has {positions} positions",
            cure="Lower max_output_tokens."
            if config.max_input_tokens is None
            else "Lower max_output_tokens or max_input_tokens.",
        ),
    )


def _together(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second
