"""Ways of generating, through the whole of a run."""

from pathlib import Path
from typing import Any

import llem
import pytest

SHORT: dict[str, Any] = {
    "model": "builtin:tiny",
    "precision": "fp32",
    "n": 5,
    "max_input_tokens": 24,
    "max_output_tokens": 4,
    "min_window_s": 0.0,
    "warmup": {"n_warmup": 1, "thermal": "off"},
}


@pytest.fixture(autouse=True)
def without_user_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLEM_CONFIG", "none")


def run(**section: Any) -> llem.ExperimentResult:
    return llem.run_experiment(**SHORT, pytorch={"device": "cpu", "batch_size": 2} | section)


class TestContinuousBatching:
    def test_gives_a_whole_result_and_says_when_a_request_starts(self, tmp_path: Path) -> None:
        result = llem.run_experiment(
            **SHORT,
            pytorch={"device": "cpu", "batch_size": 2, "batching": "continuous"},
            output_dir=tmp_path,
        )
        assert result.output_tokens == 20
        assert result.padded_tokens == result.discarded_tokens == 0
        assert result.latency.ttft is not None
        assert result.effective_config["batching"] == "continuous"
        assert any("when it gets its place" in note for note in result.reproducibility_notes)
        (folder,) = tmp_path.iterdir()
        requests = llem.load_result(folder).requests()
        assert requests is not None
        starts, ends = (requests.column(name).to_pylist() for name in ("start_ns", "end_ns"))
        # two places: the last to start does so after the first has ended
        assert max(starts) >= min(ends)


class TestDraftedTokens:
    def test_are_told_by_the_tokens_of_a_step(self) -> None:
        result = run(batch_size=1, assistant_model="builtin:tiny", num_assistant_tokens=3)
        assert result.output_tokens == 20
        assert any("A step brought 4.00 tokens" in note for note in result.reproducibility_notes)


@pytest.mark.slow
class TestCompiledCode:
    def test_of_each_batch_size_is_paid_for_in_warm_up(self) -> None:
        given = SHORT | {"warmup": {"n_warmup": 2, "thermal": "off"}}
        result = llem.run_experiment(
            **given, pytorch={"device": "cpu", "batch_size": 2, "torch_compile": True}
        )
        codes = {warning.code for warning in result.measurement_warnings}
        assert "compiled_in_window" not in codes
        assert result.effective_config["torch_compile"] is True

    def test_in_the_window_is_a_warning(self) -> None:
        given = SHORT | {"warmup": {"n_warmup": 0, "thermal": "off"}, "max_output_tokens": 5}
        result = llem.run_experiment(
            **given, pytorch={"device": "cpu", "batch_size": 3, "torch_compile": True}
        )
        codes = {warning.code for warning in result.measurement_warnings}
        assert "compiled_in_window" in codes
