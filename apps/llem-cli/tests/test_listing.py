"""Tables fit the terminal, and figures have the digits that count."""

from pathlib import Path

import pytest
from llem_cli.columns import figure, with_uncertainty
from llem_cli.listing import table_lines
from llem_contracts import CatalogueEntry

FOLDER = Path("results")
ENTRY = CatalogueEntry(
    path=FOLDER / "llama-3.1-8b_pytorch_2026-11-23T14-30-05",
    state="complete",
    model="meta-llama/Llama-3.1-8B",
    backend="pytorch",
    precision="bf16",
    batch_size=8,
    dataset="builtin",
    n=100,
    output_tokens_per_s=1234.5,
    energy_total_j=1000.0,
    energy_uncertainty_j=30.0,
    energy_per_output_token_j=0.0781,
    energy_per_output_token_uncertainty_j=0.00234,
    ttft_p50_ms=31.2,
    itl_p50_ms=9.9,
    peak_memory_mib=16000.0,
    warnings=("short_window", "few_samples"),
)


def table(width: int | None, *keys: str) -> list[str]:
    lines = list(table_lines([ENTRY], FOLDER, columns=width, keys=keys or None))
    return lines[: lines.index("")]


class TestWidth:
    @pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200])
    def test_a_table_is_no_wider_than_the_terminal(self, width: int) -> None:
        assert max(map(len, table(width))) <= width

    @pytest.mark.parametrize("width", [40, 60, 80, 100])
    def test_what_matters_most_stays(self, width: int) -> None:
        head, row = table(width)
        assert "J/token" in head
        assert "tokens/s" in head
        assert "0.0781 ± 0.0023" in row
        assert "05  " in row  # the end of the name tells runs apart

    def test_wider_terminals_show_more(self) -> None:
        widths = [len(table(width)[0].split()) for width in (40, 80, 120, 200)]
        assert widths == sorted(widths)
        assert widths[0] < widths[-1]

    def test_a_pipe_gets_everything(self) -> None:
        head = table(None)[0]
        for title in ("result", "model", "dataset", "J/token", "MiB", "warnings"):
            assert title in head

    def test_columns_that_were_chosen_stay(self) -> None:
        assert table(40, "model", "dataset", "warnings")[0].split() == [
            "model",
            "dataset",
            "warnings",
        ]


class TestFigures:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0.0, "0.000"),
            (1234.5, "1,234"),
            (16.0, "16.00"),
            (0.012345, "0.01235"),
            (-3.14159, "-3.142"),
            (8.1e8, "8.100e+08"),
            (1e-7, "1.000e-07"),
        ],
    )
    def test_have_four_digits_that_count(self, value: float, text: str) -> None:
        assert figure(value) == text

    @pytest.mark.parametrize(
        ("value", "uncertainty", "text"),
        [
            (200.0, 12.0, "200 ± 12"),
            (0.0781, 0.00234, "0.0781 ± 0.0023"),
            (6.25, 0.375, "6.25 ± 0.38"),
            (1000.0, 250.0, "1,000 ± 250"),
            (5.0, None, "5.000"),
            (None, 1.0, ""),
        ],
    )
    def test_have_as_many_as_their_uncertainty_leaves(
        self, value: float | None, uncertainty: float | None, text: str
    ) -> None:
        assert with_uncertainty(value, uncertainty, estimated=False) == text

    def test_an_estimate_says_so(self) -> None:
        assert with_uncertainty(5.0, 0.5, estimated=True) == "5.00 ± 0.50 est."
