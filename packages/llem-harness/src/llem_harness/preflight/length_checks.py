"""Whether prompts of a length that the dataset fixes reach the model as long as they are."""

from llem_contracts import Problem
from llem_schema import ExperimentConfig


def length_problems(
    config: ExperimentConfig, max_sequence_tokens: int | None, input_tokens: int | None
) -> tuple[Problem, ...]:
    """That prompts would be cut although their length was asked for.

    `input_tokens`: of every prompt; None where they have lengths of their own, which may be cut.
    """
    if input_tokens is None:
        return ()
    found = []
    if config.max_input_tokens is not None and config.max_input_tokens < input_tokens:
        found.append(
            _cut(
                f"prompts of {input_tokens:,} tokens were asked for, and max_input_tokens "
                f"({config.max_input_tokens:,}) would cut them",
                "Leave max_input_tokens out, or ask for prompts of that length.",
            )
        )
    output = config.max_output_tokens
    if max_sequence_tokens is not None and input_tokens + output > max_sequence_tokens:
        found.append(
            _cut(
                f"prompts of {input_tokens:,} tokens and {output:,} output tokens are more than "
                f"the {max_sequence_tokens:,} positions of the model",
                f"Set dataset.input_tokens to {max_sequence_tokens - output:,} or less, or lower "
                "max_output_tokens."
                if max_sequence_tokens > output
                else "Lower max_output_tokens.",
            )
        )
    return tuple(found)


def _cut(message: str, cure: str) -> Problem:
    return Problem(code="input_tokens_cut", message=message, cure=cure)
