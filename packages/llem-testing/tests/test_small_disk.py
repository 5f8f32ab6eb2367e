"""The small disk of the tests."""

import threading
from pathlib import Path

from llem_testing.small_disk import small_disk


class TestFill:
    def test_takes_all_of_it_while_another_writes(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 1 << 24) as disk:
            full = threading.Event()

            def write() -> None:
                with (disk.path / "other").open("wb", buffering=0) as file:
                    try:
                        while True:
                            file.write(bytes(4096))
                    except OSError:
                        full.set()

            writer = threading.Thread(target=write)
            writer.start()
            disk.fill()
            writer.join()
            assert full.is_set()
            assert disk.free_bytes == 0
