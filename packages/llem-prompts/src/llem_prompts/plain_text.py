"""Text files: one prompt per line."""

from llem_prompts.texts import DatasetError


def prompts_of_text(content: str, path: str, column: str | None) -> list[str]:
    """The lines of a text file that hold more than white space, without their line ends.

    Raises `DatasetError` for a `column`, which a text file cannot have.
    """
    if column is not None:
        raise DatasetError(
            "dataset_column_not_applicable",
            f"{path} is a text file and has no column {column!r}",
            cure="Leave `column` out, or name a .jsonl file.",
        )
    lines = (line.removesuffix("\r") for line in content.split("\n"))
    return [line for line in lines if line.strip()]
