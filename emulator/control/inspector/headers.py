"""The headers of every answer of the inspector: what its pages may load, and that nobody keeps them."""

from collections.abc import Mapping
from typing import Final

# Everything comes from the server itself; a page runs no script and takes no style but its files.
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # With none at all, browsers say of a form that it comes from nowhere (`Origin: null`), and it would be refused.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
