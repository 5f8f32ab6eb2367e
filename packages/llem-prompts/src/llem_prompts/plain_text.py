"""Text files: one prompt per line."""

from llem_prompts.rows import Rows


def prompts_of_text(content: str) -> Rows:
    """The lines of a text file that hold more than white space, without their line ends."""
    lines = (line.removesuffix("\r") for line in content.split("\n"))
    return Rows([line for line in lines if line.strip()], None)
