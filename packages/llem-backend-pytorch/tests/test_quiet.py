"""What libraries say while a model loads or generates."""

import io
import logging
import warnings

import pytest
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)
from llem_backend_pytorch.quiet import quiet, quiet_generation
from transformers.utils import logging as library


@pytest.fixture
def said():
    """What a line of transformers' log comes to, whether it hands lines on or not."""
    library.get_logger("transformers.generation.utils")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("transformers")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


@pytest.fixture
def bars():
    """Switches bars on or off: those of transformers, and those of the hub library."""

    def switch(of_transformers, of_the_hub):
        (library.enable_progress_bar if of_transformers else library.disable_progress_bar)()
        (enable_progress_bars if of_the_hub else disable_progress_bars)()

    before = library.is_progress_bar_enabled(), not are_progress_bars_disabled()
    yield switch
    switch(*before)


@pytest.mark.parametrize("silence", [quiet, quiet_generation])
class TestSilence:
    def test_holds_back_warnings_and_lines_below_an_error(self, said, silence):
        logger = logging.getLogger("transformers.generation.utils")
        with silence():
            logger.warning("deprecated")
            logger.error("broken")
            warnings.warn("deprecated", stacklevel=1)
        assert said.getvalue() == "broken\n"

    def test_ends_where_it_ends(self, said, silence):
        with silence():
            pass
        logging.getLogger("transformers.generation.utils").warning("deprecated")
        assert said.getvalue() == "deprecated\n"
        with pytest.warns(UserWarning, match="again"):
            warnings.warn("again", stacklevel=1)


class TestBars:
    @pytest.mark.parametrize("of_transformers", [True, False])
    @pytest.mark.parametrize("of_the_hub", [True, False])
    def test_are_as_they_were(self, bars, of_transformers, of_the_hub):
        bars(of_transformers, of_the_hub)
        with quiet():
            assert not library.is_progress_bar_enabled()
            assert are_progress_bars_disabled()
        assert library.is_progress_bar_enabled() is of_transformers
        assert are_progress_bars_disabled() is not of_the_hub


class TestGeneration:
    def test_leaves_the_level_of_a_logger_that_hands_nothing_on(self):
        logger = logging.getLogger("transformers")
        library.disable_propagation()
        before = logger.level
        with quiet_generation():
            assert logger.level == before
            assert all(handler.level >= logging.ERROR for handler in logger.handlers)
