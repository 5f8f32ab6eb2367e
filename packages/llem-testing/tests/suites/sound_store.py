"""A sound store, to break one promise of."""

from llem_schema import WorkOrder
from llem_store import FolderStore
from llem_store.handle import FolderRunHandle
from llem_testing import FakeClock


class Store(FolderStore):
    """A sound store whose handles are of the class `handle`."""

    handle: type[FolderRunHandle] = FolderRunHandle

    def __init__(self) -> None:
        super().__init__(FakeClock())

    def begin(self, order: WorkOrder) -> FolderRunHandle:
        return self.handle(super().begin(order).path, order, FakeClock())
