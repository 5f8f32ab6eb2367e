"""Whatever stands in a file or behind `--set`: a work order, or a refusal that says what to do."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings, strategies as st
from llem_contracts import ConfigError
from llem_schema import ExperimentConfig, WorkOrder, known_keys
from llem_study import explain_validation, parse_assignment, plugin_keys, resolve
from pydantic import ValidationError

FEW = settings(
    max_examples=100,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
MANY = settings(FEW, max_examples=10_000)

GOLDEN = Path(__file__).with_name("goldens") / "experiment" / "v1" / "full.yaml"
DOCUMENTS = (
    "model: m\n",
    "model: m\npassthrough_kwargs: {a: &a [1, {b: *x}], c: *a}\n".replace("*x", "2"),
    "model: m\nbackend: acme-echo\nprecision: fp32\nacme-echo: {step_ms: 2.0}\n",
    "&top\nmodel: m # remark\nwarmup:\n  n_warmup: 3\n  thermal: off\ndataset: {source: x}\n",
    GOLDEN.read_text(encoding="utf-8"),
)
PIECES = (
    # what holds a document together
    *(": ", "- ", "? ", "[", "]", "{", "}", ", ", "\n", "\n  ", "\t", " ", "#", "---\n", "...\n"),
    *("|\n ", "%YAML 9.9\n", "&a ", "*a", "*top", "<<: ", "<<: *a\n", '"', "'", "[" * 99),
    # tags
    *("!x ", "!!set ", "!!int ", "!!binary ", "!!float ", "!!map ", "!!seq ", "!!str "),
    *("!!timestamp ", "!!python/name:os.system "),
    # characters
    *('"\\ud800"', '"\\0"', '"\\UFFFFFFFF"', '"\\x1b[31m"', "\0", "\x1b", "\ufeff", "\u202e"),
    *("\u2028", "\x85", "\U0001f600"),
    # values and keys
    *("~", "null", "true", "off", ".nan", ".inf", "1e999", "0x_", "08", "1:2:3", "2026-99-99"),
    *("9" * 5000, "0x" + "f" * 5000, "k" * 2000, "=", "a.b", ".", ""),
)
KEYS = (*known_keys(ExperimentConfig), *plugin_keys())

words = st.one_of(
    st.sampled_from(PIECES),
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.from_regex(r"[-+]?[0-9_.:xobeE]{1,8}", fullmatch=True),
)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.dates(),
        st.binary(max_size=4),
        st.sets(st.integers(), max_size=2),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
keys = st.one_of(st.sampled_from(KEYS), words)


def in_sections(dotted: dict[str, Any]) -> dict[str, Any]:
    """A document with keys in the sections where they belong, as far as their values allow it."""
    document: dict[str, Any] = {}
    for path, value in dotted.items():
        section, _, name = path.rpartition(".")
        place = document.setdefault(section, {}) if section else document
        if isinstance(place, dict):
            place[name] = value
    return document


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A valid document in which pieces are put in, cut out and doubled."""
    text = draw(st.sampled_from(DOCUMENTS))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        piece = draw(st.one_of(words, st.just(text[start:end])))
        text = text[:start] + piece + text[draw(st.sampled_from([start, end])) :]
    return text


documents = st.dictionaries(keys, values, max_size=6).map(
    lambda dotted: yaml.dump(in_sections({"model": "m", **dotted}), allow_unicode=True)
)
texts = st.one_of(
    damaged(),
    documents,
    st.lists(words, max_size=20).map("".join),
    st.text(max_size=60),
)
files = st.one_of(
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    texts.map(lambda text: text.encode("utf-16", "surrogatepass")),
    st.binary(max_size=60),
)
assignments = st.lists(
    st.one_of(
        st.tuples(keys, st.one_of(words, texts)).map("=".join),
        words,
        st.text(st.characters(), max_size=20),
    ),
    max_size=3,
)


def told(file: Path | None, flags: list[str]) -> tuple[str, ...]:
    """The sentences with which they are refused; none for an order, which can be written."""
    try:
        given = dict(parse_assignment(flag) for flag in flags)
        order = resolve(file, given, environ={"LLEM_CONFIG": "none"})
    except ConfigError as error:
        return (str(error), error.cure or "")
    except ValidationError as error:
        return explain_validation(error, plugin_keys=plugin_keys()) or ("",)
    assert WorkOrder.model_validate_json(order.model_dump_json()) == order
    return ()


def check(file: Path | None, flags: list[str]) -> None:
    """Resolve them; a refusal is made of sentences of a length that people read."""
    assert all(0 < len(sentence) < 1000 for sentence in told(file, flags))


class TestFile:
    @FEW
    @given(content=files)
    def test_with_anything_in_it_is_an_order_or_a_refusal(
        self, tmp_path: Path, content: bytes
    ) -> None:
        file = tmp_path / "e.yaml"
        file.write_bytes(content)
        check(file, [])

    @pytest.mark.slow
    @MANY
    @given(content=files)
    def test_with_anything_in_it_is_so_ten_thousand_times(
        self, tmp_path: Path, content: bytes
    ) -> None:
        file = tmp_path / "e.yaml"
        file.write_bytes(content)
        check(file, [])


class TestAssignments:
    @FEW
    @given(flags=assignments)
    @example(flags=["a.b"])
    @example(flags=["=x"])
    @example(flags=["a..b=1"])
    @example(flags=["\udcff=1"])
    @example(flags=["passthrough_kwargs.\udcff=1"])
    @example(flags=["passthrough_kwargs." + "a." * 5000 + "a=1"])
    @example(flags=["9" * 5000 + "=: "])
    @example(flags=["pytorch=1", "pytorch.batch_size=1"])
    @example(flags=["pytorch={batch_size: 1}", "pytorch.batch_size=2"])
    def test_of_any_text_are_an_order_or_a_refusal(self, flags: list[str]) -> None:
        check(None, ["model=m", *flags])

    @pytest.mark.slow
    @MANY
    @given(flags=assignments)
    def test_of_any_text_are_so_ten_thousand_times(self, flags: list[str]) -> None:
        check(None, ["model=m", *flags])
