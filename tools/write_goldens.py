"""Write the golden documents anew: `python tools/write_goldens.py [FOLDER]`.

A golden is a document as this version writes it, committed so that every later version is tested
against it. Until the first release a change of a document may change its goldens: run this, look at
the difference, and commit it with the change; a new field gets a value here or in the examples of
llem-testing. From the first release on a golden is never touched again: a new optional field is
None in the old ones, and a new schema version gets a folder `v2`, which alone is written from then.

FOLDER is where the tree of goldens goes; the repository by default.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llem_contracts import (
    Event,
    Notice,
    PhaseFinished,
    PhaseProgress,
    PhaseSkipped,
    PhaseStarted,
    RunFailed,
    RunSaved,
    RunStarted,
)
from llem_schema import (
    ExperimentConfig,
    ExperimentResult,
    ExpertLayers,
    FrozenDict,
    Model,
    ModelShape,
    NotMeasured,
    RunProcess,
    RunSettings,
    RunState,
    SlidingWindow,
    UserConfig,
    WorkOrder,
    known_keys,
    measurement_config_hash,
    none_paths,
)
from llem_store import PartialRecord
from llem_testing import example_result, example_shape
from pydantic import ValidationError

ROOT = Path(__file__).parents[1]
MINIMAL_CONFIG = {"model": "builtin:tiny"}
FULL_CONFIG: dict[str, Any] = {
    "model": "meta-llama/Llama-3.1-8B",
    "revision": "main",
    "backend": "pytorch",
    "precision": "fp16",
    "dataset": {
        "source": "someone/prompts",
        "split": "test",
        "column": "question",
        "revision": "main",
        "input_tokens": 512,
        "shared_prefix": 64,
        "order": "shuffled",
    },
    "n": 32,
    "max_input_tokens": 512,
    "max_output_tokens": 64,
    "output_length": "natural",
    "random_seed": 7,
    "decoder": {"strategy": "sample", "temperature": 0.7, "top_k": 50, "top_p": 0.9},
    "warmup": {
        "n_warmup": 2,
        "convergence_detection": True,
        "cv_threshold": 0.02,
        "max_prompts": 10,
        "thermal": "floor",
        "thermal_floor_seconds": 30.0,
    },
    "baseline": {"enabled": True, "duration_seconds": 10.0, "cache_ttl_seconds": 600.0},
    "energy": {"meter": "nvml", "sample_period_s": 0.1, "phases": True},
    "min_window_s": 30.0,
    "latency": "separate",
    "methodology": "total",
    "cold_start": True,
    "lora": {"adapter": "acme/adapter", "path": "./adapter", "merge_weights": True},
    "passthrough_kwargs": {"num_beams": 2, "eos_token_id": None, "für": ["é", 1.5]},
    "pytorch": {
        "device": "cuda",
        "batch_size": 8,
        "attn_implementation": "sdpa",
        "model_kwargs": {"rope_scaling": {"factor": 2.0}},
        "load_format": "dummy",
        "trust_remote_code": True,
        "quantization": {
            "bits": 4,
            "quant_type": "nf4",
            "double_quant": True,
            "compute_dtype": "bf16",
        },
        "device_map": "balanced",
        "tp_plan": "auto",
        "num_threads": 4,
        "batching": "length_buckets",
        "cache_implementation": "static",
        "torch_compile": True,
        "torch_compile_mode": "default",
        "prompt_lookup_num_tokens": 8,
        "assistant_model": "Qwen/Qwen3-0.6B",
        "num_assistant_tokens": 4,
        "chat_template": True,
        "num_processes": 2,
    },
    "extension": {"acme": {"threads": 4}},
}
FULL_USER_CONFIG: dict[str, Any] = {
    "output": {"results_dir": "/data/results", "model_cache_dir": "/data/models"},
    "measurement": {"meter": "nvml", "carbon_intensity_g_per_kwh": 400.0, "pue": 1.2},
    "advanced": {"sample_period_s": 0.05, "baseline_ttl_s": 600.0},
    "ui": {"progress": "plain", "color": "never"},
}
SETTINGS = RunSettings(
    results_dir="results",
    model_cache_dir="/data/models",
    cache_dir="/data/cache",
    carbon_intensity_g_per_kwh=400.0,
    pue=1.2,
    origins=FrozenDict({"model": "file", "n": "flag", "results_dir": "user config"}),
)
NOT_CHOSEN = ("config", "effective_config", "run_settings", "not_measured")
"""Parts of a result in which a None needs no reason, and the reasons themselves."""

FULL_EVENTS: list[Event] = [
    RunStarted(experiment_id="golden-0001", model="builtin:tiny", backend="pytorch"),
    PhaseSkipped(phase="baseline", reason="no sensor can be read"),
    PhaseStarted(phase="warm-up", total=5.0, unit="runs"),
    PhaseProgress(phase="warm-up", completed=2.0, total=6.0),
    PhaseFinished(phase="warm-up", duration_s=1.5),
    Notice(code="no_sensor", message="line one\nline two, with ünicode"),
    RunSaved(path="results/tiny_pytorch_2026-11-23T14-30-05"),
    RunFailed(error="BackendError", message="out of memory", cure="Take a smaller batch."),
]
MINIMAL_EVENTS: list[Event] = [
    PhaseStarted(phase="load"),
    PhaseProgress(phase="load", completed=0.0),
    RunFailed(error="KeyboardInterrupt", message="interrupted"),
]


def goldens() -> Iterator[tuple[str, str]]:
    """Path and text of each golden, the path from the root of the repository."""
    full, minimal = (ExperimentConfig.model_validate(c) for c in (FULL_CONFIG, MINIMAL_CONFIG))
    typed = {"full": full, "minimal": minimal}
    users = {"full": UserConfig.model_validate(FULL_USER_CONFIG), "minimal": UserConfig()}
    for form, config in typed.items():
        yield _path("schema", "experiment-config", form), _as_typed(config)
    for form, user in users.items():
        yield _path("schema", "user-config", form), _as_typed(user)
    packages = FrozenDict({"llem-schema": "0.1.0", "llem-harness": "0.1.0"})
    orders = {
        "full": WorkOrder(
            experiment_id="golden-0001", config=full, settings=SETTINGS, packages=packages
        ),
        "minimal": WorkOrder(experiment_id="golden-0002", config=minimal),
    }
    for form, order in orders.items():
        yield _path("schema", "work-order", form), _as_written(order)
    result = _full_result(full)
    for form, state in _run_states(orders, result).items():
        yield _path("schema", "run-state", form), _as_written(state)
    yield _path("schema", "result", "full"), _as_written(result)
    yield _path("schema", "result", "minimal"), _as_written(_emptied(result, minimal))
    for form, partial in _partial_runs(typed, result).items():
        yield _path("store", "partial-run", form), _as_written(partial)
    for form, events in {"full": FULL_EVENTS, "minimal": MINIMAL_EVENTS}.items():
        lines = "".join(f"{event.model_dump_json()}\n" for event in events)
        yield _path("contracts", "event", form, "jsonl"), lines


def _path(package: str, document: str, form: str, suffix: str = "json") -> str:
    return f"packages/llem-{package}/tests/goldens/{document}/v1/{form}.{suffix}"


def _as_typed(model: Model) -> str:
    """With the keys that a person wrote."""
    return model.model_dump_json(indent=2, exclude_unset=True) + "\n"


def _as_written(model: Model) -> str:
    return model.model_dump_json(indent=2) + "\n"


def _full_result(config: ExperimentConfig) -> ExperimentResult:
    """Every field has a value, also those that no one run has together."""
    whole = example_result(
        config=config,
        measurement_config_hash=measurement_config_hash(config),
        run_settings=SETTINGS,
    )
    shape = _mixture_with_a_window(example_shape())
    facts = whole.environment_snapshot.gpus[0]
    gpu = facts.model_copy(update={"unavailable": FrozenDict({"mig_enabled": "not supported"})})
    cpu = whole.environment_snapshot.cpu.model_copy(
        update={"unavailable": FrozenDict({"name": "not told"})}
    )
    return whole.model_copy(
        update={
            "model": whole.model.model_copy(update={"shape": shape}),
            "environment_snapshot": whole.environment_snapshot.model_copy(
                update={"gpus": (gpu,), "cpu": cpu}
            ),
            "not_measured": FrozenDict(),
        }
    )


def _mixture_with_a_window(dense: ModelShape) -> ModelShape:
    """What a dense model leaves out, filled with numbers of the right kind."""
    assert dense.dimensions is not None
    dimensions = dense.dimensions.model_copy(
        update={
            "sliding_window": SlidingWindow(tokens=4096, layers=2),
            "experts": ExpertLayers(
                layers=3,
                per_layer=8,
                active=2,
                intermediate_size=512,
                shared_intermediate_size=64,
            ),
        }
    )
    experts = {
        "experts_per_layer": 8,
        "active_experts_per_layer": 2,
        "counted_expert_parameters": 1_000_000,
    }
    return dense.model_copy(update={"dimensions": dimensions, **experts})


def _emptied(result: ExperimentResult, config: ExperimentConfig) -> ExperimentResult:
    """Every field that may be None is None and explained; the config holds its defaults."""
    poorer = result.model_copy(
        update={
            "config": config,
            "measurement_config_hash": measurement_config_hash(config),
            "run_settings": RunSettings(),
        }
    )
    document = json.loads(poorer.model_dump_json())
    for key in known_keys(ExperimentResult):
        if key.split(".")[0] not in NOT_CHOSEN and "*" not in key:
            document = _with_none(document, key.split("."))
    bare = ExperimentResult.model_validate_json(json.dumps(document))
    why = NotMeasured(code="not_applicable", reason="nothing was measured")
    reasons = FrozenDict(dict.fromkeys(none_paths(bare), why))
    return bare.model_copy(update={"not_measured": reasons})


def _with_none(document: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    """The result with None at a key; as it was where that may not be or the key is not there."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    place: Any = changed
    for part in parts[:-1]:
        place = place.get(part)
        if place is None:
            return document
    place[parts[-1]] = None
    try:
        ExperimentResult.model_validate_json(json.dumps(changed))
    except ValidationError:
        return document
    return changed


def _partial_runs(
    configs: dict[str, ExperimentConfig], result: ExperimentResult
) -> dict[str, PartialRecord]:
    phases = {"full": "measure", "minimal": None}
    tables = {"full": ("timeseries.parquet", "requests.parquet"), "minimal": (None, None)}
    settings = {"full": SETTINGS, "minimal": RunSettings()}
    return {
        form: PartialRecord(
            experiment_id="golden-0001",
            config=config,
            run_settings=settings[form],
            reason="interrupted",
            phase=phases[form],
            timeseries=tables[form][0],
            requests_file=tables[form][1],
            started_at=result.started_at if form == "full" else None,
            ended_at=result.ended_at,
        )
        for form, config in configs.items()
    }


def _run_states(orders: dict[str, WorkOrder], result: ExperimentResult) -> dict[str, RunState]:
    told = {"full": 4711, "minimal": None}
    return {
        form: RunState(
            state="failed" if form == "full" else "initialising",
            phase="measure" if form == "full" else None,
            reason="interrupted" if form == "full" else None,
            measurement_config_hash=measurement_config_hash(order.config),
            process=RunProcess(
                pid=4711,
                started_ticks=told[form],
                host="node-1",
                boot_id="c1b0f2d4-6f0e-4c5e-9d0a-0f4a5b6c7d8e" if form == "full" else None,
                pid_namespace=told[form],
            ),
            started_at=result.started_at,
            updated_at=result.ended_at,
            order=order,
        )
        for form, order in orders.items()
    }


def main(folder: Path) -> None:
    """Write every golden below a folder, and say which changed."""
    for path, text in goldens():
        file = folder / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(f"wrote {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
