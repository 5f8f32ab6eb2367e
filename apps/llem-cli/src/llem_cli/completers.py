"""What the shell offers for a value that is being typed. Nothing heavy is imported for it."""

from cyclopts.completion import CompletionContext


def models(context: CompletionContext) -> tuple[str, ...]:
    """Built-in models; a hub id or a folder may stand there as well."""
    return _values("model")


def backends(context: CompletionContext) -> tuple[str, ...]:
    """Installed backends."""
    return _values("backend")


def datasets(context: CompletionContext) -> tuple[str, ...]:
    """Datasets with a name."""
    return _values("dataset")


def precisions(context: CompletionContext) -> tuple[str, ...]:
    """Types of arithmetic."""
    return _values("precision")


def meters(context: CompletionContext) -> tuple[str, ...]:
    """Installed meters, and `auto`."""
    return _values("energy.meter")


def columns(context: CompletionContext) -> tuple[str, ...]:
    """Columns of a table of results."""
    from llem_cli.columns import KEYS

    return KEYS


def lists_of_columns(context: CompletionContext) -> tuple[str, ...]:
    """Columns with commas between them; those that stand there are not offered again."""
    from llem_cli.columns import KEYS

    before, comma, _ = context.incomplete.rpartition(",")
    named = before.split(",")
    found = tuple(f"{before}{comma}{key}" for key in KEYS if key not in named)
    return found if comma else ("all", *found)


def assignments(context: CompletionContext) -> tuple[str, ...]:
    """Keys with an `=`; behind it the values that the key is known to take."""
    import llem

    key, equals, _ = context.incomplete.partition("=")
    if equals:
        return tuple(f"{key}={value}" for value in llem.values_of(key))
    return tuple(f"{key}=" for key in llem.assignable_keys())


def _values(key: str) -> tuple[str, ...]:
    import llem

    return llem.values_of(key)
