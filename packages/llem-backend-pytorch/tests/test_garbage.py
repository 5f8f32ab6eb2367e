"""Garbage of loading goes when it is loaded."""

import gc
import weakref

import pytest
from llem_backend_pytorch.garbage import collected


class Cycle:
    def __init__(self):
        self.itself = self


@pytest.fixture
def nothing_aside():
    """What these tests have put aside for speed is put aside again."""
    aside = gc.get_freeze_count() > 0
    gc.unfreeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()
    if aside:
        gc.freeze()


@pytest.mark.usefixtures("nothing_aside")
class TestCollected:
    def test_what_came_inside_is_gone_and_the_rest_is_looked_at_later(self):
        before = weakref.ref(Cycle())
        with collected():
            inside = weakref.ref(Cycle())
            assert inside() is not None
        assert inside() is None
        assert before() is not None
        gc.collect()
        assert before() is None

    def test_what_a_caller_has_put_aside_stays_there(self):
        gc.freeze()
        count = gc.get_freeze_count()
        with collected():
            inside = weakref.ref(Cycle())
        assert inside() is None
        assert gc.get_freeze_count() == count

    def test_a_failure_inside_is_passed_on_and_leaves_nothing_aside(self):
        with pytest.raises(KeyError), collected():
            raise KeyError
        assert gc.get_freeze_count() == 0
