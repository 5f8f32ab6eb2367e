from pathlib import Path

from llem_store import FolderStore
from llem_store.place import LEAST_FREE_BYTES, disk_free_bytes


def codes(path: Path, store: FolderStore | None = None) -> list[str]:
    problems = (store or FolderStore(free_bytes=lambda _: 2 * LEAST_FREE_BYTES)).problems(path)
    assert all(problem.blocking and problem.cure for problem in problems)
    return [problem.code for problem in problems]


class TestProblems:
    def test_a_folder_that_is_yet_to_be_made_is_fine_and_is_not_made(self, tmp_path: Path) -> None:
        assert codes(tmp_path / "a" / "b") == []
        assert list(tmp_path.iterdir()) == []

    def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "results").write_text("")
        assert codes(tmp_path / "results") == ["results_dir_not_a_folder"]

    def test_a_path_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert codes(tmp_path / "file" / "a" / "b") == ["results_dir_not_a_folder"]

    def test_a_link_to_nowhere(self, tmp_path: Path) -> None:
        (tmp_path / "results").symlink_to(tmp_path / "gone")
        assert codes(tmp_path / "results") == ["results_dir_not_a_folder"]

    def test_a_name_that_is_too_long(self, tmp_path: Path) -> None:
        assert codes(tmp_path / ("x" * 300)) == ["results_dir_unusable"]

    def test_a_file_system_that_holds_no_files(self) -> None:
        assert codes(Path("/proc/results"), FolderStore()) in (
            ["disk_almost_full"],
            ["results_dir_not_writable"],
        )

    def test_almost_no_space_is_told_with_both_figures(self, tmp_path: Path) -> None:
        store = FolderStore(free_bytes=lambda _: 3 * 2**20)
        (problem,) = store.problems(tmp_path / "results")
        assert problem.code == "disk_almost_full"
        assert "3 MiB" in problem.message
        assert "64 MiB" in problem.message

    def test_the_free_space_is_that_of_the_nearest_folder_there_is(self, tmp_path: Path) -> None:
        asked: list[Path] = []

        def free_bytes(path: Path) -> int:
            asked.append(path)
            return disk_free_bytes(path)

        FolderStore(free_bytes=free_bytes).problems(tmp_path / "a" / "b")
        assert asked == [tmp_path]
