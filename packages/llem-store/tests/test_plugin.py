import errno
import subprocess
import sys
from pathlib import Path

import pytest
from llem_contracts import STORES, create, find
from llem_schema import RunSettings
from llem_store import FolderStore
from llem_store.failure import cannot_write


class TestPlugin:
    def test_it_is_found_by_name(self) -> None:
        plugin = find(STORES, "folder")
        assert plugin.descriptor is not None
        assert isinstance(create(plugin.descriptor, RunSettings()), FolderStore)

    def test_importing_the_package_leaves_arrow_alone(self) -> None:
        code = "import llem_store, llem_store.descriptors, sys; print('pyarrow' in sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert done.stdout == b"False\n"


class TestCannotWrite:
    @pytest.mark.parametrize(
        ("cause", "number"),
        [
            ("the disk is full", errno.ENOSPC),
            ("permission is denied", errno.EACCES),
            ("the file system is read-only", errno.EROFS),
            ("Input/output error", errno.EIO),
        ],
    )
    def test_the_path_and_the_cause_are_in_one_sentence(self, cause: str, number: int) -> None:
        error = cannot_write(Path("/a/b"), OSError(number, "Input/output error"))
        assert str(error) == f"/a/b cannot be written: {cause}"
        assert error.cure
