"""Addresses lose what is secret in them."""

import pytest
from hypothesis import given, strategies as st
from llem_harness.environment.text import readable, without_credentials

ADDRESSES = {
    "https://example.org/me/study.git": "https://example.org/me/study.git",
    "https://me:secret@example.org:8443/me/study": "https://example.org:8443/me/study",
    "https://secret@example.org/me/study": "https://example.org/me/study",
    "https://example.org/study?token=secret#secret": "https://example.org/study",
    "ssh://git@[::1]:22/study": "ssh://[::1]:22/study",
    "git@example.org:me/study.git": "example.org:me/study.git",
    "me:secret@example.org:study": "example.org:study",
    "example.org:study": "example.org:study",
    "/data/study@v2": "/data/study@v2",
    "../study": "../study",
    "study": "study",
    "file:///data/study": "file:///data/study",
    "https://me:sec/ret@example.org/study": None,
    "me@sec:ret@example.org:study": "example.org:study",
    "secret@example.org": None,
    "ext::ssh -i secret@host": None,
}
SECRET = st.text(st.characters(exclude_characters="/?#", exclude_categories=["Cs"]), min_size=1)


class TestWithoutCredentials:
    @pytest.mark.parametrize("address", ADDRESSES, ids=range(len(ADDRESSES)))
    def test_keeps_what_tells_the_place(self, address: str) -> None:
        assert without_credentials(address) == ADDRESSES[address]

    @given(user=SECRET, password=SECRET)
    def test_never_shows_user_or_password(self, user: str, password: str) -> None:
        shown = without_credentials(f"https://{user}:{password}@example.org/study")
        assert shown == "https://example.org/study"
        short = without_credentials(f"{user}:{password}@example.org:study")
        assert short in (None, "example.org:study")

    @given(st.text())
    def test_never_fails_and_never_shows_more_than_there_is(self, address: str) -> None:
        shown = without_credentials(address)
        assert shown is None or len(shown) <= len(address)


class TestReadable:
    @given(st.binary())
    def test_bytes_of_any_encoding_can_be_written(self, raw: bytes) -> None:
        text = readable(raw.decode("utf-8", "surrogateescape"))
        assert text.encode().decode() == text

    def test_text_stays_as_it_is(self) -> None:
        assert readable("für λ") == "für λ"
