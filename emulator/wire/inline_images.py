"""Images that stand in a message itself, as data URLs (RFC 2397).

The samples of azure-ai-agents send them; which types there are is documented for images in general, and that the data
has to be base64 is unverified.
"""

from typing import Final

from emulator.domain.data_uris import from_data_uri

_SCHEME: Final = "data:"
_TYPES: Final = ("image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp")


def is_inline_image(url: str) -> bool:
    """Return whether a URL is an image itself."""
    head, _, data = url.partition(",")
    scheme, media_type = head[: len(_SCHEME)].lower(), head[len(_SCHEME) :].lower()
    if scheme != _SCHEME or not media_type.endswith(";base64"):
        return False
    if media_type.partition(";")[0] not in _TYPES:
        return False
    try:
        return bool(from_data_uri(f"{_SCHEME};base64,{data}")[1])
    except ValueError:  # also what is no ASCII
        return False
