"""URLs without secrets."""

import re
from typing import Final
from urllib.parse import unquote, unquote_plus

from emulator.domain.keys import MASK
from emulator.recording.secrets import Secrets, is_named_like_a_key

_PART: Final = re.compile(r"[^&;]+")
# In a query all that is called so is a key; the API's own parameters are not.
_NAME: Final = re.compile(r"key|token|secret|passw|auth|credential|session|cookie|jwt|pwd|^sig", re.IGNORECASE)


def without_secrets_in_url(url: str, secrets: Secrets) -> str:
    """Return a URL with the secrets in its path and its query masked, and all else as it was sent."""
    path, mark, query = url.partition("?")
    segments = "/".join(_segment(one, secrets) for one in path.split("/"))
    return f"{segments}{mark}{without_secrets_in_query(query, secrets)}"


def without_secrets_in_query(query: str, secrets: Secrets) -> str:
    """Return the same of a query, or of a form that is written like one."""

    def shown(part: re.Match[str]) -> str:
        name, equals, value = part[0].partition("=")
        plain_name, plain = unquote_plus(name), unquote_plus(value)
        if secrets.without_secrets(plain_name) != plain_name:
            name = MASK
        is_key = value and (_NAME.search(plain_name) or is_named_like_a_key(plain_name, plain))
        return f"{name}{equals}{MASK if is_key or secrets.without_secrets(plain) != plain else value}"

    return _PART.sub(shown, query)


def _segment(segment: str, secrets: Secrets) -> str:
    plain = unquote(segment)
    if secrets.without_secrets(plain) == plain:
        return segment
    return secrets.without_secrets(segment) if plain == segment else MASK
