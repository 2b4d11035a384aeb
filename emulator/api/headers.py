"""Headers of answers: the smallest set that all recordings of a day share, and what refusals leave out of it."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Final

from emulator.domain.errors import ApiError
from emulator.wire.history.behaviors import BEARER_CHALLENGE, NAMED_PROJECT

RawHeaders = list[tuple[bytes, bytes]]

POLL_AFTER: Final = "openai-poll-after-ms"
REQUEST_ID: Final = "x-request-id"
# Files and uploads may be read by any page (recorded, 2024 to 2026), also by one that does not say where it is from.
FOR_ANY_PAGE: Final = {"access-control-allow-origin": "*"}

_UNAUTHORIZED: Final = 401
_SERVER_ERROR: Final = 500


@cache
def shared(day: str) -> Mapping[str, str]:
    """Return what all answers of a day have. The same calls give the same bytes, so nothing here is measured."""
    project = {"openai-project": "proj_emulator"} if NAMED_PROJECT.active_on(day) else {}
    return {
        "openai-version": "2020-10-01",
        "openai-organization": "emulator",
        "openai-processing-ms": "1",
        **project,
    }


@cache
def shared_raw(day: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the same, as they are sent."""
    return tuple(encode(shared(day).items()))


def encode(headers: Iterable[tuple[str, str]]) -> RawHeaders:
    """Return headers as they are sent."""
    return [_encoded(name, value) for name, value in headers]


@lru_cache(256)
def _encoded(name: str, value: str) -> tuple[bytes, bytes]:
    return name.lower().encode("latin-1"), value.encode("latin-1")


def of_refusal(error: ApiError, day: str, own: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a refusal on a day: it names no organisation that it does not know (recorded).

    own: those of this answer alone.
    """
    left_out: set[str] = set()
    if error.status == _UNAUTHORIZED:
        left_out = {"openai-organization", "openai-project"}
    elif error.status >= _SERVER_ERROR:
        left_out = {"openai-organization", "openai-project", "openai-version"}
    headers = {name: value for name, value in shared(day).items() if name not in left_out}
    headers |= {**own, **error.headers}
    if "www-authenticate" in headers and not BEARER_CHALLENGE.active_on(day):
        headers["www-authenticate"] = headers["www-authenticate"].replace("Bearer", "Basic")
    return headers
