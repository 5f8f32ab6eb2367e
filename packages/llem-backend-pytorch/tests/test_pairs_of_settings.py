"""Any two settings together: refused by the plan, or answered with the right counts."""

import shutil
from itertools import combinations

import pytest
from llem_backend_pytorch.byte_tokenizer import byte_tokenizer
from llem_contracts import BackendError, GenerationRequest
from llem_schema import ExperimentConfig

TOKENS = 4
LENGTHS = (3, 7, 5, 2)
REQUESTS = [
    GenerationRequest(index, tuple(range(40, 40 + length))) for index, length in enumerate(LENGTHS)
]

SETTINGS = {
    "batch_size": {"pytorch": {"batch_size": 2}},
    "length_buckets": {"pytorch": {"batching": "length_buckets"}},
    "continuous": {"pytorch": {"batching": "continuous"}},
    "static_cache": {"pytorch": {"cache_implementation": "static"}},
    "prompt_lookup": {"pytorch": {"prompt_lookup_num_tokens": 3}},
    "assistant": {"pytorch": {"assistant_model": "FOLDER"}},
    "chat_template": {"pytorch": {"chat_template": True}},
    "num_threads": {"pytorch": {"num_threads": 1}},
    "dummy_weights": {"pytorch": {"load_format": "dummy"}},
    "eager": {"pytorch": {"attn_implementation": "eager"}},
    "device_map": {"pytorch": {"device_map": "auto", "device": None}},
    "lora": {"lora": {"path": "ADAPTER"}},
    "merged_lora": {"lora": {"path": "ADAPTER", "merge_weights": True}},
    "natural": {"output_length": "natural"},
    "sampling": {"decoder": {"strategy": "sample"}},
    "passthrough": {"passthrough_kwargs": {"repetition_penalty": 1.3}},
    "num_processes": {"pytorch": {"num_processes": 2}},
    "tp_plan": {"pytorch": {"tp_plan": "auto", "num_processes": 2}},
}
"""What each of them changes in a config."""

REFUSED = {
    frozenset(pair)
    for pair in (
        ("batch_size", "prompt_lookup"),
        ("batch_size", "assistant"),
        ("continuous", "static_cache"),
        ("continuous", "prompt_lookup"),
        ("continuous", "assistant"),
        ("continuous", "passthrough"),
        ("continuous", "tp_plan"),
        ("static_cache", "prompt_lookup"),
        ("static_cache", "assistant"),
        ("prompt_lookup", "assistant"),
        ("assistant", "tp_plan"),
        ("device_map", "num_processes"),
        ("device_map", "tp_plan"),
        ("lora", "tp_plan"),
        ("merged_lora", "tp_plan"),
    )
}

EXCLUDED_BY_THEIR_FORM = {
    frozenset(("length_buckets", "continuous")),
    frozenset(("lora", "merged_lora")),
    frozenset(("num_processes", "tp_plan")),
}
"""Values of one key."""

QUICK = {
    frozenset(pair)
    for pair in (
        ("batch_size", "natural"),
        ("length_buckets", "batch_size"),
        ("continuous", "chat_template"),
        ("continuous", "lora"),
        ("prompt_lookup", "length_buckets"),
        ("assistant", "natural"),
        ("assistant", "lora"),
        ("dummy_weights", "lora"),
        ("device_map", "num_threads"),
    )
}
"""Those that generate in the default tier, for they are the likeliest to disturb each other."""


def pairs():
    for first, second in combinations(SETTINGS, 2):
        pair = frozenset((first, second))
        if pair not in EXCLUDED_BY_THEIR_FORM:
            quick = pair in REFUSED or pair in QUICK
            yield pytest.param(
                first, second, marks=() if quick else pytest.mark.slow, id=f"{first}-{second}"
            )


@pytest.fixture(scope="module")
def chat_folder(llama_folder, tmp_path_factory):
    folder = shutil.copytree(llama_folder, tmp_path_factory.mktemp("chats") / "llama")
    tokenizer = byte_tokenizer()
    tokenizer.chat_template = "{% for message in messages %}<{{ message.content }}>{% endfor %}"
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def adapter_folder(llama_folder, tmp_path_factory):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    folder = tmp_path_factory.mktemp("adapter")
    model = AutoModelForCausalLM.from_pretrained(llama_folder)
    get_peft_model(model, LoraConfig(r=2, target_modules=["q_proj"])).save_pretrained(folder)
    return str(folder)


@pytest.fixture
def config(request, chat_folder, adapter_folder):
    """Of both settings."""
    places = {"FOLDER": chat_folder, "ADAPTER": adapter_folder}
    fields = {
        "model": chat_folder,
        "precision": "fp32",
        "n": len(REQUESTS),
        "max_output_tokens": TOKENS,
        "pytorch": {"device": "cpu"},
    }
    for name in request.param:
        for key, value in SETTINGS[name].items():
            before = fields["pytorch"] if key == "pytorch" else {}
            fields[key] = {**before, **placed(value, places)} if isinstance(value, dict) else value
    return ExperimentConfig.model_validate(fields)


def placed(section, places):
    return {key: places.get(value, value) for key, value in section.items()}


def padding_of(section):
    """Padding of each request, in the order of the lengths 3, 7, 5, 2."""
    if section.batch_size != 2 or section.batching == "continuous":
        return (0, 0, 0, 0)
    if section.batching == "length_buckets":
        # sorted, the batches are 7 and 5, 3 and 2
        return (0, 0, 2, 1)
    # in order they are 3 and 7, 5 and 2; two processes have one of them each
    return (4, 0, 0, 3)


@pytest.mark.parametrize(
    ("config", "pair"),
    [
        pytest.param(param.values, frozenset(param.values), marks=param.marks, id=param.id)
        for param in pairs()
    ],
    indirect=["config"],
)
def test_two_settings_are_refused_or_counted_right(backend, config, pair):
    problems = [p for p in backend.plan(config, ()).problems if p.blocking]
    assert bool(problems) is (pair in REFUSED)
    if problems:
        assert all(p.cure and "\n" not in p.message for p in problems)
        with pytest.raises(BackendError) as caught, backend.load(config):
            pass
        assert str(caught.value) in [p.message for p in problems]
        return
    section = config.pytorch
    with backend.load(config) as loaded:
        passes = [loaded.generate(REQUESTS) for _ in range(2)]
    assert [counts(done) for done in passes[0]] == [counts(done) for done in passes[1]]
    answers = passes[0]
    assert tuple(done.input_tokens for done in answers) == LENGTHS
    assert tuple(done.padded_tokens for done in answers) == padding_of(section)
    for done in answers:
        assert done.start_ns <= done.token_ns[0]
        assert list(done.token_ns) == sorted(done.token_ns)
        assert len(done.token_ns) == done.output_tokens
    if config.output_length == "fixed":
        assert {(done.output_tokens, done.discarded_tokens) for done in answers} == {(TOKENS, 0)}
        return
    for batch in {done.batch for done in answers}:
        rows = [done for done in answers if done.batch == batch]
        longest = max(done.output_tokens for done in rows)
        assert longest <= TOKENS
        alone = section.batching == "continuous"
        for done in rows:
            assert done.discarded_tokens == (0 if alone else longest - done.output_tokens)


def counts(done):
    """All of an answer but its times."""
    return (
        done.batch,
        done.input_tokens,
        done.padded_tokens,
        done.output_tokens,
        done.discarded_tokens,
    )
