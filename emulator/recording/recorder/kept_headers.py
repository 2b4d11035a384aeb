"""Which headers of requests and answers are written: those on a list, because any other might be a key."""

from collections.abc import Iterable
from typing import Final

from emulator.recording.recorder.urls import without_secrets_in_url
from emulator.recording.secrets import Secrets

_OF_REQUESTS: Final = frozenset(
    (
        *("accept", "accept-language", "content-disposition", "content-type", "if-match", "if-none-match"),
        *("last-event-id", "openai-beta", "prefer", "range", "user-agent"),
    )
)
_OF_ANSWERS: Final = frozenset(
    (
        *("accept-ranges", "allow", "api-supported-versions", "cache-control", "content-disposition"),
        *("content-language", "content-range", "content-type", "date", "etag", "last-modified", "location"),
        *("openai-poll-after-ms", "openai-processing-ms", "openai-version", "request-id", "retry-after"),
        *("retry-after-ms", "server", "vary", "x-content-type-options", "x-request-id", "x-should-retry"),
    )
)
_BEGINNINGS: Final = {"requests": ("x-stainless-",), "answers": ("x-ratelimit-", "azure-openai-")}
_URLS: Final = ("location",)


def kept_of_request(headers: Iterable[tuple[bytes, bytes]], secrets: Secrets) -> dict[str, str]:
    """Return the headers of a request that are written, by their lower-case names."""
    return _kept(headers, _OF_REQUESTS, _BEGINNINGS["requests"], secrets)


def kept_of_answer(headers: Iterable[tuple[bytes, bytes]], secrets: Secrets) -> dict[str, str]:
    """Return the headers of an answer that are written, by their lower-case names."""
    return _kept(headers, _OF_ANSWERS, _BEGINNINGS["answers"], secrets)


def _kept(
    headers: Iterable[tuple[bytes, bytes]], names: frozenset[str], beginnings: tuple[str, ...], secrets: Secrets
) -> dict[str, str]:
    kept: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        if name in names or name.startswith(beginnings):
            value = raw_value.decode("latin-1")
            is_url = name in _URLS
            value = without_secrets_in_url(value, secrets) if is_url else secrets.without_secrets(value)
            kept[name] = f"{kept[name]}, {value}" if name in kept else value
    return kept


def named(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str:
    """Return the values of a header, joined; "" where there is none."""
    return ", ".join(value.decode("latin-1") for one, value in headers if one.lower() == name)


def media_type(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the media type of a body, in lower case and without parameters."""
    return named(headers, b"content-type").partition(";")[0].strip().lower()
