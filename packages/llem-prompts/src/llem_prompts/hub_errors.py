"""What the hub library raises, in this project's words."""

import errno

from llem_prompts.texts import DatasetError

_ELSEWHERE = "or take `dataset: builtin`"


def transient(error: BaseException) -> bool:
    """True where asking again may help: no connection, a timeout, an overloaded hub."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return False
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", None)
        return status == 429 or (status is not None and status >= 500)
    return _unreachable(error)


def told(error: Exception, dataset: str, revision: str | None) -> DatasetError:
    """The problem behind an error of the hub library."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    match error:
        case OfflineModeIsEnabled():
            return not_cached(dataset, "HF_HUB_OFFLINE is set")
        case GatedRepoError():
            return DatasetError(
                "dataset_gated",
                f"the hub dataset {dataset!r} is gated and no access was granted",
                cure=f"Ask for access on the dataset's page and set HF_TOKEN, {_ELSEWHERE}.",
            )
        case RevisionNotFoundError():
            return DatasetError(
                "dataset_revision_not_found",
                f"the hub dataset {dataset!r} has no revision {revision!r}",
                cure="Check dataset.revision against the branches and tags on the dataset's page.",
            )
        case RepositoryNotFoundError():
            return DatasetError(
                "dataset_not_found",
                f"the hub has no dataset {dataset!r}, or it is private, and there is no such file",
                cure="Check the name; for a private dataset set HF_TOKEN.",
            )
        case HFValidationError():
            return DatasetError(
                "dataset_not_found",
                f"{dataset!r} is neither a file nor the id of a hub dataset",
                cure="Check the name: a hub id has the form owner/name.",
            )
        case OSError(errno=errno.ENOSPC):
            return DatasetError(
                "dataset_cache_full",
                f"the disk was full before all of the hub dataset {dataset!r} was in the cache",
                cure="Free space there, or name another folder as output.model_cache_dir in the "
                "user config; what is there is not fetched again.",
            )
        case _ if _unreachable(error):
            return not_cached(dataset, "the hub cannot be reached")
        case _:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            return DatasetError(
                "hub_failed",
                f"the dataset {dataset!r} could not be had from the hub: "
                f"{lines[0].rstrip('.') if lines else type(error).__name__}",
                cure=f"Try again later, {_ELSEWHERE}.",
            )


def not_cached(dataset: str, why: str) -> DatasetError:
    """That a dataset is not here and cannot be fetched."""
    return DatasetError(
        "dataset_not_cached",
        f"the hub dataset {dataset!r} is not whole in the local cache and {why}",
        cure="Fetch it where there is a network; without one, a split other than train has to be "
        "named in dataset.split.",
    )


def _unreachable(error: BaseException) -> bool:
    # The hub library has changed its HTTP client between versions, so that the client's error
    # types are recognised by name; a metadata request that failed hides them as a missing entry.
    from huggingface_hub.errors import LocalEntryNotFoundError

    names = {base.__name__ for base in type(error).__mro__}
    return isinstance(error, (ConnectionError, TimeoutError, LocalEntryNotFoundError)) or bool(
        names & {"TransportError", "RequestException"}
    )
