"""What the hub library raises, in this project's words."""

import errno

from llem_backend_pytorch.problems import UnusableModel, first_line, unusable

_ELSEWHERE = {
    "model": "give a local folder, or take a builtin: model",
    "adapter": "or give a local folder as lora.path",
}


def transient(error: BaseException) -> bool:
    """True where asking again may help: no connection, a timeout, an overloaded hub."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, OfflineModeIsEnabled):
        return False
    if isinstance(error, HfHubHTTPError):
        status = getattr(error.response, "status_code", None)
        return status == 429 or (status is not None and status >= 500)
    return _unreachable(error)


def told(error: Exception, model: str, revision: str | None, noun: str = "model") -> UnusableModel:
    """The problem behind an error of the hub library; `noun` is what was asked for."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    elsewhere = _ELSEWHERE[noun]
    match error:
        case OfflineModeIsEnabled():
            return unusable(
                "model_not_cached",
                f"the {noun} {model!r} is not in the local cache and HF_HUB_OFFLINE is set",
                f"Unset HF_HUB_OFFLINE, {elsewhere}.",
            )
        case GatedRepoError():
            return unusable(
                "model_gated",
                f"the {noun} {model!r} is gated and no access was granted",
                f"Ask for access on the {noun}'s page and set HF_TOKEN, {elsewhere}.",
            )
        case RevisionNotFoundError():
            return unusable(
                "revision_not_found",
                f"the {noun} {model!r} has no revision {revision!r}",
                f"Check revision against the branches and tags on the {noun}'s page.",
            )
        case RepositoryNotFoundError():
            return unusable(
                "model_not_found",
                f"the hub has no {noun} {model!r}, or it is private",
                f"Check the name; for a private {noun} set HF_TOKEN.",
            )
        case HFValidationError():
            return unusable(
                "model_not_found",
                f"{model!r} is neither a folder nor the id of a hub {noun}",
                "Check the name: a hub id has the form owner/name.",
            )
        case OSError(errno=errno.ENOSPC):
            return unusable(
                "model_cache_full",
                f"the disk was full before all of the {noun} {model!r} was in the model cache",
                "Free space there, or name another folder as output.model_cache_dir in the user "
                "config; what is there is not fetched again.",
            )
        case _ if _unreachable(error):
            return unusable(
                "model_not_cached",
                f"the {noun} {model!r} is not in the local cache and the hub cannot be reached",
                f"Check the name and the network, {elsewhere}.",
            )
        case _:
            return unusable(
                "hub_failed",
                f"the {noun} {model!r} could not be had from the hub: {first_line(error)}",
                f"Try again later, {elsewhere}.",
            )


def _unreachable(error: BaseException) -> bool:
    # The hub library has changed its HTTP client between versions, so that the client's error
    # types are recognised by name; a metadata request that failed hides them as a missing entry.
    from huggingface_hub.errors import LocalEntryNotFoundError

    names = {base.__name__ for base in type(error).__mro__}
    return isinstance(error, (ConnectionError, TimeoutError, LocalEntryNotFoundError)) or bool(
        names & {"TransportError", "RequestException"}
    )
