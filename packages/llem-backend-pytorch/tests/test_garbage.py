"""Garbage of loading goes when it is loaded, and is not sought while libraries are imported."""

import gc
import weakref

import pytest
from llem_backend_pytorch import PyTorchBackend
from llem_backend_pytorch.garbage import collected, not_sought
from llem_schema import ExperimentConfig, RunSettings


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


@pytest.fixture
def sought():
    """Garbage is sought, and nothing is put aside, as in a process of its own."""
    aside, before = gc.get_freeze_count() > 0, gc.isenabled()
    gc.unfreeze()
    gc.enable()
    yield
    gc.unfreeze()
    if aside:
        gc.freeze()
    if not before:
        gc.disable()


@pytest.mark.usefixtures("sought")
class TestNotSought:
    def test_nothing_is_looked_at_inside_and_what_was_made_is_old_afterwards(self):
        gc.collect()
        with not_sought():
            assert not gc.isenabled()
            made = [Cycle() for _ in range(10_000)]
        assert gc.isenabled()
        assert gc.get_count()[0] < 1_000
        assert gc.get_freeze_count() == 0
        assert any(one is made[0] for one in gc.get_objects(generation=2))

    def test_a_failure_inside_is_passed_on_and_garbage_is_sought_again(self):
        with pytest.raises(KeyError), not_sought():
            raise KeyError
        assert gc.isenabled()

    def test_a_caller_who_seeks_by_hand_goes_on_so(self):
        gc.disable()
        with not_sought():
            pass
        assert not gc.isenabled()

    def test_what_a_caller_has_put_aside_stays_there(self):
        gc.freeze()
        count = gc.get_freeze_count()
        with not_sought():
            pass
        assert gc.get_freeze_count() >= count
        assert gc.isenabled()

    def test_a_plan_is_made_so(self):
        seen = []

        def find_program(name):
            seen.append(gc.isenabled())
            return name

        config = ExperimentConfig(model="builtin:tiny", pytorch={"torch_compile": True})
        plan = PyTorchBackend(RunSettings(), find_program=find_program).plan(config, [])
        assert plan.shape is not None
        assert seen
        assert not any(seen)
        assert gc.isenabled()
