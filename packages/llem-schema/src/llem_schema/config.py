"""What to measure: one experiment's configuration."""

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, field_validator

from llem_schema.frozen import FrozenDict, JsonObject, Text, writable
from llem_schema.model import Model
from llem_schema.pytorch import PyTorchConfig

Precision = Literal["fp32", "fp16", "bf16"]
OutputLength = Literal["fixed", "natural"]
DecodingStrategy = Literal["greedy", "sample"]

BACKEND_SECTIONS = ("pytorch",)
"""Backends whose section is a field of `ExperimentConfig`; others' are carried in `extension`."""


_DatasetName = Annotated[str, WithJsonSchema({"type": "string", "minLength": 1})]


class DatasetConfig(Model):
    """Where the prompts come from, when a name or a path alone does not say it.

    Which of the keys a dataset takes depends on its kind; one that it does not take is an error.
    """

    source: str = Field(default="builtin", min_length=1)
    """`builtin`, `synthetic`, the path of a `.jsonl`, `.csv`, `.parquet` or `.txt` file, the id
    `owner/name` of a hub dataset, or an alias of one."""
    split: str | None = Field(default=None, min_length=1)
    """Part of a hub dataset, such as `test`, or `main/test` where it has configurations; by default
    `train`, else the only one."""
    column: str | None = Field(default=None, min_length=1)
    """The key or column that holds the prompt; by default `prompt`, else `text`, else
    `question`."""
    revision: str | None = Field(default=None, min_length=1)
    """Branch, tag or commit of a hub dataset."""
    input_tokens: int | None = Field(default=None, ge=1)
    """Length of every synthetic prompt in tokens of the model's own tokenizer, special tokens
    included; 512 by default."""
    shared_prefix: int | None = Field(default=None, ge=1)
    """The first so many tokens are the same in all synthetic prompts; none by default."""
    order: Literal["shuffled", "longest_first"] | None = None
    """`shuffled` draws `n` rows from the whole dataset by `random_seed`; `longest_first` takes the
    first `n` rows and sorts them by their tokens. By default the first `n` rows as they stand."""


class DecoderConfig(Model):
    """How the next token is chosen. None leaves a value at the backend's default."""

    strategy: DecodingStrategy = "greedy"
    """`greedy` takes the likeliest token, `sample` draws one."""
    temperature: float | None = Field(default=None, gt=0)
    """Divides the logits before sampling."""
    top_k: int | None = Field(default=None, ge=1)
    """Sampling draws from this many of the likeliest tokens."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Sampling draws from the likeliest tokens that together have this probability."""


class WarmupConfig(Model):
    """Runs before the window that are measured and left out. A run is one batch."""

    n_warmup: int = Field(default=5, ge=0)
    """Number of runs; the fewest of them when `convergence_detection` is on."""
    convergence_detection: bool = False
    """Go on until the last runs' latencies agree, instead of stopping at `n_warmup`."""
    cv_threshold: float = Field(default=0.05, gt=0)
    """Coefficient of variation of the last runs' latencies that counts as converged."""
    max_prompts: int = Field(default=20, ge=1)
    """Most runs that convergence may take."""
    thermal: Literal["plateau", "floor", "off"] = "plateau"
    """`plateau` keeps the load on until power and temperature are steady; `floor` waits idle."""
    thermal_floor_seconds: float = Field(default=60.0, ge=30)
    """The wait of `floor`, and the longest time that `plateau` may take."""


class BaselineConfig(Model):
    """Idle power, measured before the model loads."""

    enabled: bool = True
    """Measure it; without it there is no adjusted energy."""
    duration_seconds: float = Field(default=30.0, gt=0)
    """How long the idle devices are watched."""
    cache_ttl_seconds: float | None = Field(default=None, ge=0)
    """For how long a power that was measured serves later runs on the same devices; None is an
    hour, 0 measures every time."""


class EnergyConfig(Model):
    """Which meter reads the energy, and how often."""

    meter: str = Field(default="auto", min_length=1, max_length=100)
    """`auto`, `none`, or the name of an installed meter."""
    sample_period_s: float | None = Field(default=None, ge=0.001, le=1.0)
    """Period of the sample series; None leaves it to the meter."""
    phases: bool | None = None
    """Tell the energy of prefill from that of decoding, by a second window of prefill alone that
    lasts as long as the first one has to. None does so wherever a sensor is read."""


class LoraConfig(Model):
    """A low-rank adapter on top of the model: either `adapter` or `path`."""

    adapter: str | None = Field(default=None, min_length=1)
    """Hub id of the adapter."""
    path: str | None = Field(default=None, min_length=1)
    """Folder that holds the adapter."""
    merge_weights: bool = False
    """Add the adapter to the model's own matrices, so that it costs nothing at each step."""


class ExperimentConfig(Model):
    """One configuration to measure: the model, its engine, its workload and the protocol."""

    model: str = Field(min_length=1)
    """Hub id, local folder, or `builtin:NAME`."""
    revision: str | None = Field(default=None, min_length=1)
    """Branch, tag or commit of a hub model."""
    backend: str = Field(default="pytorch", min_length=1, max_length=100)
    """The engine, by the name of an installed backend."""
    precision: Precision = "bf16"
    """Type that the arithmetic runs in."""
    dataset: _DatasetName | DatasetConfig = "builtin"
    """The prompts: `builtin`, `synthetic`, a file, a hub dataset, an alias, or a mapping that says
    more."""
    n: int = Field(default=100, ge=1)
    """Number of prompts in one pass."""
    max_input_tokens: int | None = Field(default=None, ge=1)
    """Prompts are cut to this many tokens."""
    max_output_tokens: int = Field(default=128, ge=1)
    """Tokens that each prompt is answered with, at most where `output_length` is `natural`."""
    output_length: OutputLength = "fixed"
    """`fixed` ignores the end-of-sequence token, `natural` stops at it."""
    random_seed: int = Field(default=42, ge=0, lt=2**32)
    """Of sampling, and of everything else that is drawn."""
    decoder: DecoderConfig = DecoderConfig()
    warmup: WarmupConfig = WarmupConfig()
    baseline: BaselineConfig = BaselineConfig()
    energy: EnergyConfig = EnergyConfig()
    min_window_s: float = Field(default=10.0, ge=0)
    """Passes over the prompts repeat until the window has lasted this long."""
    latency: Literal["inline", "separate"] | None = None
    """Where the times of the steps are taken: `inline` in the window, `separate` in a pass of its
    own after it, so that they cost the window nothing. None is `inline`."""
    methodology: Literal["total", "steady_state"] | None = None
    """`total`: all that is measured counts. `steady_state`: a pass before the window and one after
    it keep the load on and count nowhere, and the result says whether the window between them was a
    steady state. None is `total`."""
    cold_start: bool | None = None
    """Measure from the first request on, with neither warm-up nor heat; None is false."""
    lora: LoraConfig | None = None
    """An adapter to measure the model with."""
    passthrough_kwargs: JsonObject | None = None
    """Arguments handed to the backend's generation call as they stand."""
    pytorch: PyTorchConfig | None = None
    """Settings of the backend `pytorch`."""
    extension: FrozenDict[Text, JsonObject] | None = None
    """Sections of backends from elsewhere, by backend name."""

    @field_validator("dataset")
    @classmethod
    def _dataset_in_one_form(cls, value: str | DatasetConfig) -> str | DatasetConfig:
        """A mapping that holds a source alone becomes that source: one workload, one hash."""
        if value == "":
            raise ValueError("the dataset has no name; `builtin` needs no network")
        if isinstance(value, str):
            return writable(value)
        return value.source if value == DatasetConfig(source=value.source) else value

    @property
    def dataset_config(self) -> DatasetConfig:
        """The dataset in its long form."""
        if isinstance(self.dataset, str):
            return DatasetConfig(source=self.dataset)
        return self.dataset
