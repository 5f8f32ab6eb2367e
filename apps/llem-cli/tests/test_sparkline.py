import io
import os
from pathlib import Path

from llem import PowerProfile
from llem_cli.printing import can_write, outliving_its_reader, plain, write_lines
from llem_cli.sparkline import ASCII, BLOCKS, power_lines, sparkline

S = 1_000_000_000


class TestSparkline:
    def test_goes_from_the_lowest_to_the_highest(self) -> None:
        values = [float(n) for n in range(8)]
        assert sparkline(values, blocks=True) == BLOCKS
        assert sparkline(values, blocks=False) == ASCII

    def test_a_gap_is_a_space_and_a_steady_power_a_flat_line(self) -> None:
        assert sparkline([None, 5.0, 5.0], blocks=True) == " ▅▅"
        assert sparkline([], blocks=True) == ""

    def test_the_window_is_marked_where_it_was(self) -> None:
        profile = PowerProfile(0, 10 * S, tuple([40.0] * 3 + [300.0] * 5 + [40.0] * 2))
        line, mark, span = power_lines(profile, (3 * S, 7 * S), blocks=True)
        assert line == "▁▁▁█████▁▁"
        assert mark == "   [===] window"
        assert span == "40.0 W to 300.0 W over 10.0 s"

    def test_a_window_beyond_the_samples_is_marked_at_the_edge(self) -> None:
        profile = PowerProfile(5 * S, 6 * S, (1.0, 2.0))
        _, mark, _ = power_lines(profile, (0, 100 * S), blocks=False)
        assert mark == "[] window"
        _, mark, _ = power_lines(profile, (0, S), blocks=False)
        assert mark == "| window"


def written(encoding: str, line: str) -> bytes:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    write_lines([line], stream)
    return raw.getvalue()


class TestPrinting:
    def test_an_encoding_without_a_character_gets_another(self) -> None:
        assert written("ascii", "5 ± 1 é") == b"5 +- 1 ?\n"
        assert written("latin-1", "5 ± 1 é") == "5 ± 1 é\n".encode("latin-1")
        assert written("utf-8", "caf\udce9") == b"caf?\n"

    def test_blocks_are_for_encodings_that_have_them(self) -> None:
        for encoding, has in (("utf-8", True), ("ascii", False), ("latin-1", False)):
            stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
            assert can_write(stream, BLOCKS) is has

    def test_a_reader_that_went_away_is_no_error(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as stream, outliving_its_reader(stream) as outliving:
            write_lines(["a line"] * 100_000, outliving)

    def test_a_stream_outlives_its_reader_with_its_own_encoding(self, tmp_path: Path) -> None:
        path = tmp_path / "out"
        with path.open("w", encoding="latin-1") as stream, outliving_its_reader(stream) as same:
            same.write("5 ± 1")
        assert path.read_bytes() == b"5 \xb1 1"

    def test_a_closed_stream_leads_to_nowhere(self) -> None:
        with outliving_its_reader(None) as stream:
            assert stream.write("a line") == 6

    def test_what_steers_a_terminal_becomes_a_question_mark(self) -> None:
        assert plain("a\x1b[2J\nb\u202e") == "a?[2J?b?"
