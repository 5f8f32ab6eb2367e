"""Text from outside, made fit for a document that others will read."""

import re

_SCHEME = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://"
    r"(?:[^/?#]*@)?"
    r"(?P<place>(?:\[[0-9a-fA-F:.]+\]|[^/?#@:\[\]]*)(?::\d+)?(?:/[^?#]*)?)"
    r"(?:[?#].*)?",
    re.DOTALL,
)
_SHORT = re.compile(r"(?:[^/:]*(?::[^/@]*)?@)?(?P<place>[^/:@]+:[^@:]+)")
"""`user@host:path`, as ssh writes it."""


def readable(text: str) -> str:
    """The text as UTF-8 can hold it: bytes of another encoding become escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def without_credentials(address: str) -> str | None:
    """The address of a repository or an image without user, password, query and fragment.

    None for a form in which it cannot be told what of it is secret.
    """
    if "://" in address:
        found = _SCHEME.fullmatch(address)
        return f"{found['scheme']}://{found['place']}" if found else None
    if address.startswith(("/", "./", "../")):  # a path on this machine
        return address
    if ":" in address:
        found = _SHORT.fullmatch(address)
        return found["place"] if found else None
    return None if "@" in address else address
