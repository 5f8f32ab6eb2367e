"""What libraries say while a model loads or generates."""

import io
import logging
import warnings

import pytest
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


class TestGeneration:
    def test_leaves_the_level_of_a_logger_that_hands_nothing_on(self):
        logger = logging.getLogger("transformers")
        library.disable_propagation()
        before = logger.level
        with quiet_generation():
            assert logger.level == before
            assert all(handler.level >= logging.ERROR for handler in logger.handlers)
