"""A small disk that fills up, and leaves nothing behind."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from llem_testing.process import Command
from llem_testing.small_disk import small_disk

Script = Callable[[str], Command]

MIB = 1 << 20


class TestSmallDisk:
    def test_writing_beyond_its_size_fails(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", MIB) as disk:
            with pytest.raises(OSError, match="No space left") as caught:
                (disk.path / "file").write_bytes(bytes(2 * MIB))
            assert caught.value.errno == errno.ENOSPC
            assert (disk.path / "file").stat().st_size <= MIB

    def test_a_full_one_takes_nothing_more_until_it_is_freed(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", MIB) as disk:
            (disk.path / "before").write_text("kept")
            disk.fill()
            assert disk.free_bytes == 0
            with pytest.raises(OSError, match="No space left"):
                (disk.path / "after").write_text("lost")
            disk.free()
            (disk.path / "after").write_text("kept")
            assert (disk.path / "before").read_text() == "kept"

    def test_one_that_was_freed_in_part_can_be_filled_again(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", MIB) as disk:
            (disk.path / "before").write_bytes(bytes(MIB // 2))
            disk.fill()
            (disk.path / "before").unlink()
            disk.fill()
            assert disk.free_bytes == 0

    def test_a_read_only_one_can_still_be_read(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", MIB) as disk:
            (disk.path / "file").write_text("kept")
            disk.make_read_only()
            with pytest.raises(OSError, match="Read-only file system"):
                (disk.path / "other").write_text("lost")
            assert (disk.path / "file").read_text() == "kept"

    def test_one_that_is_written_to_cannot_be_made_read_only(self, tmp_path: Path) -> None:
        with (
            small_disk(tmp_path / "disk", MIB) as disk,
            (disk.path / "file").open("w"),
            pytest.raises(OSError, match="in use"),
        ):
            disk.make_read_only()

    def test_other_processes_see_it(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", MIB) as disk:
            file = disk.path / "file"
            subprocess.run(
                [sys.executable, "-c", f"open({str(file)!r}, 'w').write('hello')"], check=True
            )
            assert file.read_text() == "hello"

    def test_where_none_can_be_mounted_the_test_is_skipped_with_the_reason(
        self, tmp_path: Path
    ) -> None:
        impossible = small_disk(tmp_path / "disk", -1)
        with pytest.raises(pytest.skip.Exception, match=r"no file system .* mount"), impossible:
            pass


class TestEnd:
    def test_nothing_is_left_after_a_failure(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError), small_disk(tmp_path / "disk", MIB) as disk:
            (disk.path / "none").read_text()
        assert not disk.path.exists()
        assert list((tmp_path / "disk").iterdir()) == []

    def test_nothing_is_ever_mounted_outside(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", MIB):
            assert not os.path.ismount(tmp_path / "disk")

    def test_a_killed_owner_takes_it_along(self, script: Script, tmp_path: Path) -> None:
        source = f"""if True:
            import os, pathlib, signal
            from llem_testing.small_disk import small_disk
            with small_disk(pathlib.Path({str(tmp_path / "disk")!r}), {MIB}) as disk:
                print(disk.path)
                os.kill(os.getpid(), signal.SIGKILL)
        """
        with script(source).start() as running:
            done = running.finish()
            assert done.killed_by == signal.SIGKILL, done.stderr
            running.family.assert_gone()
        assert not Path(done.stdout.strip()).exists()
