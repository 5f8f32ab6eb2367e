"""Hub models, with a scripted hub."""

import errno
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, OfflineModeIsEnabled, RevisionNotFoundError
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.checkpoint_folder import Checkpoint
from llem_backend_pytorch.hub import HuggingFaceHub, Listing
from llem_contracts import BackendError
from llem_schema import ExperimentConfig, PyTorchConfig, RunSettings
from llem_testing.hub_server import Repository, hub_server

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class ScriptedHub:
    """Answers from a folder, after raising the given errors one by one."""

    def __init__(self, folder, cache, errors=()):
        self.folder = self.source = folder
        self.cache = cache
        self.cache_dir = cache
        self.errors = list(errors)
        self.listings = 0
        self.tells_sizes = True

    def cached(self, model, revision):
        snapshot = self.cache / COMMIT
        return snapshot if snapshot.is_dir() else None

    def listing(self, model, revision):
        self.listings += 1
        if self.errors:
            raise self.errors.pop(0)
        sizes = {path.name: path.stat().st_size for path in self.folder.iterdir()}
        return Listing(commit=COMMIT, files=tuple(sizes), sizes=sizes if self.tells_sizes else {})

    def download(self, model, revision, files, into):
        snapshot = (into or self.cache) / COMMIT
        snapshot.mkdir(parents=True)
        for name in files:
            shutil.copy(self.folder / name, snapshot / name)
        return snapshot


def response(status):
    class Response:
        status_code = status
        headers: dict[str, str] = {}  # noqa: RUF012
        request = None

    return Response()


CONFIG = ExperimentConfig(model="someone/model", precision="fp32", max_output_tokens=4)


@pytest.fixture
def make(gpt2_folder, tmp_path):
    def made(*errors, free_bytes=2**40):
        hub = ScriptedHub(gpt2_folder, tmp_path / "cache", errors)
        waits = []
        backend = PyTorchBackend(
            RunSettings(), hub=hub, sleep=waits.append, free_bytes=lambda _folder: free_bytes
        )
        return backend, hub, waits

    return made


class TestPlanning:
    def test_the_config_is_read_and_nothing_stays_in_the_cache(self, make):
        backend, hub, _ = make()
        plan = backend.plan(CONFIG, ())
        assert plan.shape.architecture == "gpt2"
        assert plan.problems == ()
        assert not hub.cache.exists()

    def test_a_cached_model_is_planned_without_asking_the_hub(self, make):
        backend, hub, _ = make()
        backend.fetch(CONFIG)
        asked = hub.listings
        assert backend.plan(CONFIG, ()).problems == ()
        assert hub.listings == asked

    def test_an_unreachable_hub_is_asked_once(self, make):
        backend, hub, waits = make(*[TimeoutError("slow")] * 9)
        (problem,) = backend.plan(CONFIG, ()).problems
        assert problem.code == "model_not_cached"
        assert (hub.listings, waits) == (1, [])

    @pytest.mark.parametrize(
        ("error", "code", "cure"),
        [
            (GatedRepoError("no", response=response(403)), "model_gated", "HF_TOKEN"),
            (RevisionNotFoundError("no", response=response(404)), "revision_not_found", "revision"),
            (OfflineModeIsEnabled("no"), "model_not_cached", "HF_HUB_OFFLINE"),
            (OSError(errno.ENOSPC, "no space"), "model_cache_full", "output.model_cache_dir"),
            (RuntimeError("teapot"), "hub_failed", "Try again later"),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_what_the_hub_refuses_is_told_with_its_cure(self, make, error, code, cure):
        backend, _, _ = make(error)
        (problem,) = backend.plan(CONFIG, ()).problems
        assert problem.code == code
        assert "'someone/model'" in problem.message
        assert cure in problem.cure

    def test_a_repository_without_a_tokenizer_is_named(self, make, gpt2_folder, tmp_path):
        backend, hub, _ = make()
        hub.folder = shutil.copytree(gpt2_folder, tmp_path / "bare")
        for path in hub.folder.glob("*token*"):
            path.unlink()
        (problem,) = backend.plan(CONFIG, ()).problems
        assert problem.code == "no_tokenizer"
        assert "into a folder" in problem.cure

    def test_a_repository_in_another_layout_is_named(self, make, tmp_path):
        backend, hub, _ = make()
        hub.folder = tmp_path / "empty"
        hub.folder.mkdir()
        (problem,) = backend.plan(CONFIG, ()).problems
        assert problem.code == "no_model_config"


class TestDownload:
    def test_is_that_of_the_files_that_loading_needs(self, make, gpt2_folder):
        backend, _, _ = make()
        needed = Checkpoint().needed(tuple(path.name for path in gpt2_folder.iterdir()))
        size = sum((gpt2_folder / name).stat().st_size for name in needed)
        assert backend.plan(CONFIG, ()).download_bytes == size

    def test_is_nothing_once_the_model_is_here(self, make, gpt2_folder):
        backend, _, _ = make()
        backend.fetch(CONFIG)
        for model in (CONFIG.model, "builtin:tiny", str(gpt2_folder)):
            assert backend.plan(CONFIG.model_copy(update={"model": model}), ()).download_bytes == 0

    def test_leaves_out_what_is_in_the_cache_already(self, make, gpt2_folder):
        backend, hub, _ = make()
        whole = backend.plan(CONFIG, ()).download_bytes
        (hub.cache / COMMIT).mkdir(parents=True)
        shutil.copy(gpt2_folder / "tokenizer.json", hub.cache / COMMIT)
        left = whole - (gpt2_folder / "tokenizer.json").stat().st_size
        assert backend.plan(CONFIG, ()).download_bytes == left

    def test_is_unknown_where_the_hub_tells_no_sizes_or_cannot_be_asked(self, make):
        backend, hub, _ = make()
        hub.tells_sizes = False
        plan = backend.plan(CONFIG, ())
        assert (plan.download_bytes, plan.problems) == (None, ())
        backend, _, _ = make(TimeoutError("slow"))
        assert backend.plan(CONFIG, ()).download_bytes is None

    def test_that_the_disk_cannot_take_stops_the_run_with_both_figures(self, make):
        backend, hub, _ = make()
        wanted = backend.plan(CONFIG, ()).download_bytes
        assert make(free_bytes=wanted)[0].plan(CONFIG, ()).problems == ()
        (problem,) = make(free_bytes=wanted - 1)[0].plan(CONFIG, ()).problems
        assert (problem.code, problem.blocking) == ("model_cache_full", True)
        assert "MiB are free" in problem.message
        assert str(hub.cache) in problem.message
        assert "model_cache_dir" in problem.cure

    def test_into_a_cache_that_cannot_be_written_stops_the_run(self, make):
        backend, hub, _ = make()
        hub.cache.write_text("a file")
        hub.cached = lambda _model, _revision: None
        (problem,) = backend.plan(CONFIG, ()).problems
        assert (problem.code, problem.blocking) == ("model_cache_not_writable", True)
        assert str(hub.cache) in problem.message

    def test_of_a_model_that_is_here_needs_no_room(self, make):
        backend, _, _ = make(free_bytes=0)
        backend.fetch(CONFIG)
        assert backend.plan(CONFIG, ()).problems == ()


class TestFetching:
    def test_a_failure_that_may_pass_is_tried_again_after_a_wait(self, make):
        backend, hub, waits = make(TimeoutError("slow"), ConnectionError("reset"))
        backend.fetch(CONFIG)
        assert hub.listings == 3
        assert waits == [1.0, 4.0]

    def test_it_gives_up_after_the_last_wait(self, make):
        backend, hub, _ = make(*[TimeoutError("slow")] * 9)
        with pytest.raises(BackendError, match="'someone/model'"):
            backend.fetch(CONFIG)
        assert hub.listings == 3

    def test_a_refusal_is_final(self, make):
        backend, hub, waits = make(GatedRepoError("no", response=response(403)))
        with pytest.raises(BackendError, match="gated"):
            backend.fetch(CONFIG)
        assert (hub.listings, waits) == (1, [])

    def test_a_model_that_is_there_is_not_fetched_again(self, make):
        backend, hub, _ = make()
        backend.fetch(CONFIG)
        backend.fetch(CONFIG)
        assert hub.listings == 1

    def test_folders_and_built_in_models_need_no_hub(self, make, gpt2_folder):
        backend, hub, _ = make()
        for model in ("builtin:tiny", str(gpt2_folder)):
            backend.fetch(ExperimentConfig(model=model))
        assert hub.listings == 0


class TestLoading:
    def test_the_commit_of_the_snapshot_is_recorded(self, make):
        backend, _, _ = make()
        with backend.load(CONFIG) as loaded:
            assert loaded.commit == loaded.effective_config["commit"] == COMMIT


class TestDummyWeights:
    dummy = CONFIG.model_copy(update={"pytorch": PyTorchConfig(load_format="dummy")})

    def test_are_made_where_config_and_tokenizer_alone_were_fetched(self, make):
        backend, hub, _ = make()
        small = Checkpoint(weights=False).needed(path.name for path in hub.folder.iterdir())
        size = sum((hub.folder / name).stat().st_size for name in small)
        plan = backend.plan(self.dummy, ())
        assert (plan.download_bytes, plan.dummy_weights, plan.problems) == (size, True, ())
        backend.fetch(self.dummy)
        fetched = {path.name for path in (hub.cache / COMMIT).iterdir()}
        assert fetched == set(small)
        assert not any(name.endswith(".safetensors") for name in fetched)
        with backend.load(self.dummy) as loaded:
            assert loaded.commit == COMMIT
            assert loaded.effective_config["tokenizer"] == "own"
        assert backend.plan(self.dummy, ()).download_bytes == 0

    def test_do_without_a_tokenizer_that_the_repository_does_not_have(self, make, tmp_path):
        backend, hub, _ = make()
        hub.folder = tmp_path / "bare"
        hub.folder.mkdir()
        shutil.copy(Path(hub.source) / "config.json", hub.folder)
        assert backend.plan(self.dummy, ()).problems == ()
        with backend.load(self.dummy) as loaded:
            assert loaded.effective_config["tokenizer"] == "bytes"

    def test_of_a_gated_model_are_refused_with_what_to_do(self, make):
        backend, _, _ = make(GatedRepoError("no", response=response(403)))
        (problem,) = backend.plan(self.dummy, ()).problems
        assert problem.code == "model_gated"
        assert "local folder" in problem.cure


class TestFilesNeeded:
    def test_one_format_of_weights_is_taken_and_no_copies(self):
        names = (
            "README.md",
            "config.json",
            "tokenizer.model",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "consolidated.safetensors",
            "original/consolidated.00.pth",
            "onnx/model.onnx",
        )
        assert Checkpoint().needed(names) == (
            "config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "tokenizer.model",
        )

    def test_older_weights_are_taken_where_there_is_nothing_else(self):
        assert Checkpoint().needed(("config.json", "pytorch_model.bin", "tf_model.h5")) == (
            "config.json",
            "pytorch_model.bin",
        )


class TestHuggingFaceHub:
    def test_keeps_its_cache_where_it_is_told_or_where_the_library_does(self):
        from huggingface_hub.constants import HF_HUB_CACHE

        assert HuggingFaceHub("/models").cache_dir == Path("/models")
        assert HuggingFaceHub(None).cache_dir == Path(HF_HUB_CACHE)

    def test_the_cache_folder_of_the_run_settings_is_looked_into(self, tmp_path, gpt2_folder):
        repository = tmp_path / "models--someone--model"
        shutil.copytree(gpt2_folder, repository / "snapshots" / COMMIT)
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(COMMIT)
        backend = PyTorchBackend(RunSettings(model_cache_dir=str(tmp_path)))
        assert backend.plan(CONFIG, ()).problems == ()
        with backend.load(CONFIG) as loaded:
            assert loaded.commit == COMMIT

    @pytest.mark.parametrize("model", ["someone/model", "a/b/c/d"])
    def test_what_is_not_cached_is_none(self, tmp_path: Path, model):
        assert HuggingFaceHub(str(tmp_path)).cached(model, None) is None

    @pytest.mark.parametrize("revision", [None, "v1"])
    def test_what_it_brought_is_found_without_asking_again(
        self, gpt2_folder, tmp_path: Path, revision
    ):
        if constants.HF_HUB_OFFLINE:
            pytest.skip("HF_HUB_OFFLINE is set")
        files = {path.name: path.read_bytes() for path in gpt2_folder.iterdir()}
        files["README.md"] = b"needed by nobody"
        served = Repository({revision or "main": files})
        config = CONFIG.model_copy(update={"revision": revision})
        with hub_server({"someone/model": served}) as hub:
            source = HuggingFaceHub(str(tmp_path), hub.endpoint)
            backend = PyTorchBackend(RunSettings(), hub=source, sleep=lambda _seconds: None)
            assert backend.plan(config, ()).problems == ()
            backend.fetch(config)
            hub.requests.clear()
            assert backend.plan(config, ()).download_bytes == 0
            with backend.load(config) as loaded:
                assert loaded.commit == served.commit_of(revision or "main")
            assert hub.requests == []
