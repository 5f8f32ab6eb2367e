"""Keys of a dataset's mapping that a source does not take."""

from collections.abc import Collection

from llem_schema import DatasetConfig

from llem_prompts.descriptors import SYNTHETIC
from llem_prompts.texts import DatasetError


def refuse_other_options(dataset: DatasetConfig, taken: Collection[str], what: str) -> None:
    """Raise `DatasetError` for the first key that is set and not taken.

    `what`: the dataset in a sentence, such as `the built-in prompts`.
    """
    for option in DatasetConfig.model_fields:
        value = getattr(dataset, option)
        if option != "source" and option not in taken and value is not None:
            other = ", or take `dataset: synthetic`" if option in SYNTHETIC.options else ""
            raise DatasetError(
                "dataset_option_not_applicable",
                f"{option} ({value!r}) does not apply to {what}",
                cure=f"Leave dataset.{option} out{other}.",
            )
