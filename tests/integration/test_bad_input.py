"""Bad input: one clear sentence, the right exit code, no traceback, nothing written."""

from itertools import pairwise

import pytest
from llem_testing.process import SHORT_RUN, Command
from llem_testing.running import Finished

ECHO = ("run", "-m", "acme:echo", "-b", "acme-echo", "--precision", "fp32", "-n", "4", *SHORT_RUN)

ALIASES = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b", ".join([b"*%c" % below] * 10))
    for below, name in pairwise(b"abcdefgh")
)
"""Ten million values in eight lines."""


def refused(done: Finished, code: int, *words: str) -> None:
    assert done.code == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


class TestConfiguration:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("modle: gpt2\nmodel: gpt2\n", ["modle", "'model'"]),
            (
                "model: gpt2\npytorch: {batchsize: 2}\n",
                ["pytorch.batchsize", "'pytorch.batch_size'"],
            ),
            ("model: gpt2\nn: many\n", ["n:", "integer", "'many'"]),
            ("model: gpt2\nprecision: int3\n", ["precision", "'int3'"]),
            ("model: gpt2\nmodel: gpt3\n", ["e.yaml:2:1", "'model' stands here twice"]),
            ("model: [gpt2\n", ["e.yaml:2"]),
            ("- model\n", ["a list"]),
            ("model: m\nbackend: acme-echo\nprecision: fp32\npytorch: {}\n", ["backend: pytorch"]),
            ("model: m\nbackend: pytroch\n", ["pytroch", "'pytorch'"]),
            ("model: m\nenergy: {meter: nvlm}\n", ["nvlm", "'nvml'"]),
            ("model: m\nacme-echo: {step_ms: x}\nbackend: acme-echo\n", ["step_ms"]),
            ("model: gpt2\nsweep: {n: [1, 2]}\n", ["study", "sweep"]),
        ],
    )
    def test_a_faulty_file_names_the_fault_and_exits_2(
        self, llem: Command, text: str, words: list[str]
    ) -> None:
        (llem.folder / "e.yaml").write_text(text)
        refused(llem("run", "e.yaml"), 2, *words)

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("run",), ["llem run --model builtin:tiny -n 16"]),
            (("run", "-m", "gpt2", "-n", "x"), ["x"]),
            (("run", "-m", "gpt2", "--nonsense"), ["--nonsense"]),
            (("run", "-m", "gpt2", "--set", "n"), ["key=value"]),
            (("run", "-m", "gpt2", "--set", "warmup.n_warmpu=1"), ["'warmup.n_warmup'"]),
            (("run", "none.yaml"), ["there is no file", "none.yaml"]),
            (("rnu",), ["rnu", '"run"']),
            (("run", "a.yaml", "b.yaml"), ["there is no place for b.yaml"]),
        ],
    )
    def test_a_faulty_command_line_exits_2(
        self, llem: Command, arguments: tuple[str, ...], words: list[str]
    ) -> None:
        refused(llem(*arguments), 2, *words)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (ALIASES, ["e.yaml:6:8", "more than 262,144 characters"]),
            (b"model: m\npassthrough_kwargs: &a {b: *a}\n", ["e.yaml:2:28", "'a'"]),
            (b"model: " + b"[" * 50_000, ["more than 64 levels"]),
            (b"model: m\nn: " + b"9" * 5000, ["e.yaml:2:4", "24 characters"]),
            (b"\xff\xfem\x00", ["cannot be read", "UTF-8"]),
            (b"model: m\0", ["e.yaml:1:9", r"'\x00'"]),
            (b'model: m\n"\\x1b[31m\\n": 1\n', [r"  \x1b[31m\n: there is no such key"]),
        ],
        ids=["aliases", "itself", "levels", "digits", "bytes", "nul", "escapes"],
    )
    def test_a_hostile_file_is_refused_in_two_lines(
        self, llem: Command, content: bytes, words: list[str]
    ) -> None:
        (llem.folder / "e.yaml").write_bytes(content)
        done = llem("run", "e.yaml")
        refused(done, 2, *words)
        assert len(done.stderr.splitlines()) == 2
        assert done.stderr.replace("\n", "").isprintable()

    @pytest.mark.parametrize(
        "given", ["a.b", "=x", "a..b=1", "passthrough_kwargs.\udcff=1", "model=\udcff", "n=[1"]
    )
    def test_a_hostile_assignment_is_refused_in_two_lines(self, llem: Command, given: str) -> None:
        done = llem("run", "-m", "m", "--set", given)
        refused(done, 2)
        assert len(done.stderr.splitlines()) == 2

    def test_a_broken_user_config_names_file_and_field(self, llem: Command) -> None:
        (llem.folder / "user.yaml").write_text("output: {result_dir: x}\n")
        done = llem(*ECHO, env={"LLEM_CONFIG": "user.yaml"})
        refused(done, 2, "user.yaml", "output.result_dir", "results_dir")


class TestPreflight:
    def test_a_folder_without_a_config_is_refused(self, llem: Command) -> None:
        (llem.folder / "empty").mkdir()
        refused(llem("run", "-m", "./empty", *SHORT_RUN), 1, "config.json")

    def test_an_unreadable_dataset_is_refused(self, llem: Command) -> None:
        refused(llem(*ECHO, "-d", "none.jsonl"), 1, "none.jsonl")
        (llem.folder / "broken.jsonl").write_text("{\n")
        refused(llem(*ECHO, "-d", "broken.jsonl"), 1, "broken.jsonl:1")

    def test_a_dataset_of_no_known_kind_is_refused(self, llem: Command) -> None:
        refused(llem(*ECHO, "-d", "prompts.docx"), 1, "prompts.docx", "builtin")

    def test_a_dataset_that_is_too_small_names_both_numbers(self, llem: Command) -> None:
        (llem.folder / "two.txt").write_text("one\ntwo\n")
        refused(llem(*ECHO, "-d", "two.txt"), 1, "4", "2")

    def test_an_output_folder_that_cannot_be_made_is_refused(self, llem: Command) -> None:
        (llem.folder / "file").write_text("")
        refused(llem(*ECHO, "-o", "file/results"), 1, "file")

    def test_everything_wrong_is_told_at_once(self, llem: Command) -> None:
        (llem.folder / "file").write_text("")
        done = llem("run", "-m", "builtin:tony", "-d", "prompts.docx", "-o", "file/results")
        refused(done, 1, "builtin:tony", "prompts.docx", "file/results")

    def test_nothing_is_written(self, llem: Command) -> None:
        llem(*ECHO, "-d", "none.jsonl")
        assert llem.run_folders() == []
