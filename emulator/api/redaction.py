"""What the request log shows of a URL: everything but keys, which some programs send in it."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_plus

from emulator.domain.keys import MASK, has_key, without_keys

# The log is kept in memory; no program sends as much.
_MOST: Final = 2_000
_PART: Final = re.compile(r"[^&;]+")
# Azure's `api-key`, `subscription-key`, `sig` of signed URLs, `access_token`, and whatever else is named like these.
_WORDS: Final = "key|token|secret|passw|auth|credential|session|cookie"
_NAME: Final = rf"[\w.\-\[\]]*(?:{_WORDS})[\w.\-\[\]]*|sig|signature|jwt|pwd"
_NAME_OF_KEY: Final = re.compile(_NAME, re.IGNORECASE)
_KEY_INSIDE: Final = re.compile(rf"[?&;](?:{_NAME})=", re.IGNORECASE)


def shown_query(query: bytes) -> str:
    """Return a query as it was sent, but for the values that are keys; of a long one its beginning."""
    return _beginning(_PART.sub(_shown_part, query[:_MOST].decode("latin-1")), len(query)) if query else ""


def without_key_fields(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers, or the parameters of a query, but for those whose names or values are keys; the last counts."""
    return {
        name: value
        for name, value in fields
        if not _NAME_OF_KEY.fullmatch(name.strip()) and not _KEY_INSIDE.search(value) and not has_key(value)
    }


def shown_path(path: str) -> str:
    """Return a path, but for keys in it; of a long one its beginning."""
    shown = path[:_MOST]
    return _beginning(without_keys(shown), len(path))


def _beginning(shown: str, length: int) -> str:
    return f"{shown}…" if length > _MOST else shown


def _shown_part(found: re.Match[str]) -> str:
    name, equals, value = found[0].partition("=")
    plain = unquote_plus(value)
    # A value may be a URL with a query of its own.
    is_secret = _NAME_OF_KEY.fullmatch(unquote_plus(name).strip()) or _KEY_INSIDE.search(plain)
    if equals and is_secret:
        return f"{name}={MASK}"
    return f"{without_keys(name)}{equals}{MASK if has_key(plain) else value}"
