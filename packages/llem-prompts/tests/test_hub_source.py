"""Drawing from hub datasets: a scripted hub, and the hub library against a server of our own."""

import errno
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled
from llem_contracts import ConfigError, PromptSet
from llem_prompts import HubPrompts
from llem_prompts.aliases import ALIASES
from llem_prompts.hub import HuggingFaceHub
from llem_schema import DatasetConfig
from llem_testing.hub_server import HubServer, Repository, hub_server

from .scripted_hub import COMMITS, Files, ScriptedHub, response
from .tokenizers import ByteTokenizer

CONVERTED = "refs/convert/parquet"
SPLITS: Files = {
    "README.md": "# prompts",
    "data/train-00000-of-00002.parquet": {"text": ["a", "b"], "id": [1, 2]},
    "data/train-00001-of-00002.parquet": {"text": ["c"], "id": [3]},
    "data/test-00000-of-00001.parquet": {"text": ["t"], "id": [4]},
}

Make = Callable[..., tuple[HubPrompts, ScriptedHub, list[float]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(
        *errors: Exception | None, **revisions: Files
    ) -> tuple[HubPrompts, ScriptedHub, list[float]]:
        named = {"main": None, "converted": CONVERTED, "v1": "v1"}
        given = {named[name]: files for name, files in revisions.items()} or {None: SPLITS}
        hub = ScriptedHub(tmp_path, given, errors)
        waits: list[float] = []
        return HubPrompts(hub, sleep=waits.append), hub, waits

    return made


def dataset(**keys: str) -> DatasetConfig:
    return DatasetConfig(source="someone/prompts", **keys)  # type: ignore[arg-type]


def draw(source: HubPrompts, n: int, **keys: str) -> PromptSet:
    return source.draw(dataset(**keys), n, 42, ByteTokenizer())


def texts(drawn: PromptSet) -> list[str]:
    return [prompt.text for prompt in drawn.prompts]


class TestDraw:
    def test_takes_the_rows_of_train_through_all_its_files(self, make: Make) -> None:
        source, _, _ = make()
        assert texts(draw(source, 3)) == ["a", "b", "c"]

    def test_takes_another_split_and_column_where_they_are_named(self, make: Make) -> None:
        source, _, _ = make(main={"data/test.parquet": {"text": ["t"], "ask": ["q"]}})
        assert texts(draw(source, 1, split="test", column="ask")) == ["q"]

    def test_records_commit_repository_split_and_column(self, make: Make) -> None:
        provenance = draw(make()[0], 2).provenance
        assert (provenance.source, provenance.name) == ("hub", "someone/prompts")
        assert provenance.revision == COMMITS[None]
        assert provenance.repository == "someone/prompts"
        assert (provenance.split, provenance.column) == ("train", "text")
        assert (provenance.available, provenance.repeated) == (3, False)

    def test_takes_the_rows_of_a_pinned_revision(self, make: Make) -> None:
        source, _, _ = make(main=SPLITS, v1={"data/train.parquet": {"text": ["old"]}})
        drawn = draw(source, 1, revision="v1")
        assert (texts(drawn), drawn.provenance.revision) == (["old"], COMMITS["v1"])

    def test_takes_what_the_hub_converted_where_there_is_no_parquet_file(self, make: Make) -> None:
        source, _, _ = make(
            main={"prompts.csv": "a"}, converted={"default/train/0000.parquet": {"text": ["x"]}}
        )
        drawn = draw(source, 1)
        assert (texts(drawn), drawn.provenance.revision) == (["x"], COMMITS[CONVERTED])

    def test_of_more_than_there_are_names_both_numbers(self, make: Make) -> None:
        source, _, _ = make()
        source.fetch(dataset())
        with pytest.raises(ConfigError, match="holds 3 prompts, and n is 4"):
            draw(source, 4)


class TestFetch:
    def test_brings_the_split_and_nothing_else(self, make: Make) -> None:
        source, hub, _ = make()
        source.fetch(dataset())
        brought = sorted(path.name for path in hub.cache.rglob("*.*"))
        assert brought == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]

    def test_of_what_is_there_asks_nobody(self, make: Make) -> None:
        source, hub, _ = make()
        source.fetch(dataset())
        hub.asked.clear()
        source.fetch(dataset())
        assert texts(draw(source, 1)) == ["a"]
        assert source.problems(dataset(), 3) == ()
        assert hub.asked == []

    @pytest.mark.parametrize("done", range(3))
    def test_that_was_cut_is_begun_again_with_what_is_missing(self, make: Make, done: int) -> None:
        files = {f"default/train/000{i}.parquet": {"text": [str(i)]} for i in range(3)}
        source, hub, _ = make(*[None] * (1 + done), RuntimeError("cut"), main=files)
        with pytest.raises(ConfigError, match="cut"):
            source.fetch(dataset())
        hub.asked.clear()
        assert texts(draw(source, 3)) == ["0", "1", "2"]
        assert hub.asked[0] == "list main"

    def test_tries_a_failure_that_may_pass_again_after_a_wait(self, make: Make) -> None:
        overloaded = HfHubHTTPError("busy", response=response(503))
        source, _, waits = make(TimeoutError("slow"), overloaded)
        source.fetch(dataset())
        assert waits == [1.0, 4.0]

    def test_gives_up_after_the_last_wait(self, make: Make) -> None:
        source, hub, waits = make(*[TimeoutError("slow")] * 9)
        with pytest.raises(ConfigError, match="hub cannot be reached"):
            source.fetch(dataset())
        assert (len(hub.asked), waits) == (3, [1.0, 4.0])

    @pytest.mark.parametrize("status", [400, 403, 410])
    def test_takes_a_refusal_for_final(self, make: Make, status: int) -> None:
        source, hub, waits = make(HfHubHTTPError("no", response=response(status)))
        with pytest.raises(ConfigError, match="could not be had"):
            source.fetch(dataset())
        assert (len(hub.asked), waits) == (1, [])


class TestProblems:
    @pytest.mark.parametrize(
        ("error", "code", "cure"),
        [
            (GatedRepoError("no", response=response(403)), "dataset_gated", "HF_TOKEN"),
            (OfflineModeIsEnabled("no"), "dataset_not_cached", "where there is a network"),
            (ConnectionError("no route"), "dataset_not_cached", "dataset.split"),
            (OSError(errno.ENOSPC, "no space"), "dataset_cache_full", "output.model_cache_dir"),
            (RuntimeError("teapot\nlong story"), "hub_failed", "Try again later"),
        ],
        ids=["gated", "offline", "unreachable", "full", "failed"],
    )
    def test_are_one_sentence_with_a_cure_for_what_the_hub_refuses(
        self, make: Make, error: Exception, code: str, cure: str
    ) -> None:
        source, hub, waits = make(error)
        (problem,) = source.problems(dataset(), 1)
        assert (problem.code, problem.blocking) == (code, True)
        assert "'someone/prompts'" in problem.message
        assert "\n" not in problem.message
        assert cure in problem.cure
        assert (len(hub.asked), waits) == (1, [])

    @pytest.mark.parametrize(
        ("keys", "n", "code", "words"),
        [
            ({"revision": "v9"}, 1, "dataset_revision_not_found", "no revision 'v9'"),
            ({"split": "tran"}, 1, "dataset_split_missing", "it has test, train"),
            ({"column": "texts"}, 1, "dataset_column_missing", "it has 'text', 'id'"),
            ({"column": "id"}, 1, "prompt_not_text", "holds int64"),
            ({}, 4, "dataset_too_small", "holds 3 prompts, and n is 4"),
        ],
        ids=["revision", "split", "column", "no-text", "n"],
    )
    def test_of_a_dataset_on_the_hub_are_found_without_fetching_it(
        self, make: Make, keys: dict[str, str], n: int, code: str, words: str
    ) -> None:
        source, hub, _ = make()
        (problem,) = source.problems(dataset(**keys), n)
        assert problem.code == code
        assert words in problem.message
        assert not hub.cache.exists()

    def test_are_the_same_once_it_is_here(self, make: Make) -> None:
        source, hub, _ = make()
        source.fetch(dataset())
        hub.asked.clear()
        (problem,) = source.problems(dataset(column="texts"), 1)
        assert problem.code == "dataset_column_missing"
        (problem,) = source.problems(dataset(), 4)
        assert problem.code == "dataset_too_small"
        assert hub.asked == []

    def test_are_none_after_a_look_at_as_many_files_as_hold_the_rows(self, make: Make) -> None:
        source, hub, _ = make()
        assert source.problems(dataset(), 2) == ()
        assert hub.asked == ["list main", "open data/train-00000-of-00002.parquet"]
        assert source.problems(dataset(), 3) == ()

    def test_of_a_name_that_nobody_has(self, make: Make) -> None:
        source, _, _ = make()
        (problem,) = source.problems(DatasetConfig(source="someone/promts"), 1)
        assert problem.code == "dataset_not_found"
        assert "'someone/promts'" in problem.message

    def test_of_a_dataset_without_parquet_files(self, make: Make) -> None:
        source, _, _ = make(main={"prompts.csv": "a"}, v1={"prompts.csv": "a"})
        for keys, cure in (({}, ".jsonl"), ({"revision": "v1"}, CONVERTED)):
            (problem,) = source.problems(dataset(**keys), 1)
            assert problem.code == "dataset_without_parquet"
            assert cure in problem.cure

    def test_of_a_local_file_of_no_known_kind(
        self, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "someone").mkdir()
        (tmp_path / "someone" / "prompts").write_text("a")
        monkeypatch.chdir(tmp_path)
        source, hub, _ = make()
        (problem,) = source.problems(dataset(), 1)
        assert problem.code == "dataset_format_unknown"
        assert hub.asked == []

    def test_of_a_name_that_no_file_can_have(self, make: Make) -> None:
        source, _, _ = make()
        long = DatasetConfig(source="someone/" + "x" * 5000)
        (problem,) = source.problems(long, 1)
        assert problem.code == "dataset_not_found"

    @pytest.mark.parametrize("missing", ["huggingface_hub", "pyarrow"])
    def test_of_a_base_install_name_the_command(self, tmp_path: Path, missing: str) -> None:
        hub = ScriptedHub(tmp_path, {None: SPLITS})
        source = HubPrompts(hub, installed=lambda module: module != missing)
        (problem,) = source.problems(dataset(), 1)
        assert problem.code == "dataset_library_missing"
        assert missing in problem.message
        assert "pip install 'llem-prompts[hub]'" in problem.cure


class TestAlias:
    def test_stands_for_repository_split_and_column(self, tmp_path: Path) -> None:
        alias = ALIASES["ai-energy-score"]
        assert alias.repository == "AIEnergyScore/text_generation"
        files = {"data/train-00000-of-00001.parquet": parquet({"text": ["a"], "prompt": ["b"]})}
        with online({alias.repository: Repository({"main": files})}) as hub:
            source = HubPrompts(HuggingFaceHub(str(tmp_path), hub.endpoint))
            aliased = DatasetConfig(source="ai-energy-score")
            assert source.problems(aliased, 1) == ()
            assert texts(source.draw(aliased, 1, 42, ByteTokenizer())) == ["a"]
            (problem,) = source.problems(DatasetConfig(source="ai-energy-score", split="x"), 1)
            assert problem.code == "dataset_split_missing"


@pytest.fixture
def served() -> Iterator[HubServer]:
    files = {
        "README.md": b"prompts",
        "data/train-00000-of-00002.parquet": parquet({"text": ["a", "b"]}),
        "data/train-00001-of-00002.parquet": parquet({"text": ["c"]}),
        "data/test-00000-of-00001.parquet": parquet({"text": ["t"]}),
    }
    converted = {"default/train/0000.parquet": parquet({"text": ["x", "y"]})}
    csv = {"prompts.csv": b"text\na\n"}
    repositories = {
        "someone/prompts": Repository({"main": files}),
        "someone/tables": Repository({"main": csv, CONVERTED: converted}),
    }
    with online(repositories) as hub:
        yield hub


class TestHuggingFaceHub:
    """The hub library itself, against a server that answers as the hub does."""

    def source(self, served: HubServer, folder: Path) -> HubPrompts:
        return HubPrompts(HuggingFaceHub(str(folder), served.endpoint), sleep=refuse_to_wait)

    def test_looks_fetches_and_from_then_on_asks_nobody(
        self, served: HubServer, tmp_path: Path
    ) -> None:
        source = self.source(served, tmp_path)
        assert source.problems(dataset(), 3) == ()
        assert list(tmp_path.iterdir()) == []
        source.fetch(dataset())
        served.requests.clear()
        assert source.problems(dataset(), 3) == ()
        drawn = draw(source, 3)
        assert texts(drawn) == ["a", "b", "c"]
        commit = served.repositories["someone/prompts"].commit_of("main")
        assert drawn.provenance.revision == commit
        assert texts(draw(source, 1, revision=commit)) == ["a"]
        assert served.requests == []

    def test_reads_the_converted_branch(self, served: HubServer, tmp_path: Path) -> None:
        source = self.source(served, tmp_path)
        tables = DatasetConfig(source="someone/tables")
        assert source.problems(tables, 2) == ()
        source.fetch(tables)
        served.requests.clear()
        assert texts(source.draw(tables, 2, 42, ByteTokenizer())) == ["x", "y"]
        assert served.requests == []

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            (DatasetConfig(source="someone/promts"), "dataset_not_found"),
            (DatasetConfig(source="some--one/prompts"), "dataset_not_found"),
            (DatasetConfig(source="someone/prompts", revision="v9"), "dataset_revision_not_found"),
            (DatasetConfig(source="someone/prompts", split="dev"), "dataset_split_missing"),
        ],
        ids=["name", "form", "revision", "split"],
    )
    def test_says_what_is_not_there(
        self, served: HubServer, tmp_path: Path, asked: DatasetConfig, code: str
    ) -> None:
        source = self.source(served, tmp_path)
        (problem,) = source.problems(asked, 1)
        assert problem.code == code
        with pytest.raises(ConfigError) as caught:
            source.fetch(asked)
        assert (str(caught.value), caught.value.cure) == (problem.message, problem.cure)

    def test_that_cannot_be_reached_is_told(self, tmp_path: Path) -> None:
        waits: list[float] = []
        hub = HuggingFaceHub(str(tmp_path), "http://127.0.0.1:9")
        source = HubPrompts(hub, sleep=waits.append)
        (problem,) = source.problems(dataset(), 1)
        assert (problem.code, waits) == ("dataset_not_cached", [])
        with pytest.raises(ConfigError, match="hub cannot be reached"):
            source.fetch(dataset())
        assert waits == [1.0, 4.0]

    def test_is_quiet(
        self, served: HubServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.source(served, tmp_path).fetch(dataset())
        assert capfd.readouterr() == ("", "")


@contextmanager
def online(repositories: Mapping[str, Repository]) -> Iterator[HubServer]:
    """The server, for a hub library that may ask one."""
    if constants.HF_HUB_OFFLINE:
        pytest.skip("HF_HUB_OFFLINE is set")
    with hub_server(repositories) as hub:
        yield hub


def parquet(columns: Mapping[str, list[str]]) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(dict(columns)), stream)
    return stream.getvalue()


def refuse_to_wait(seconds: float) -> None:
    raise AssertionError(f"a wait of {seconds} s")
