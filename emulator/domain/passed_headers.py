"""Headers that whoever passes a message on passes on with it: those of the message, and not of one connection."""

from collections.abc import Sequence
from typing import Final

RawHeaders = list[tuple[bytes, bytes]]

VIA: Final = b"via"
CONTENT_LENGTH: Final = b"content-length"
TRANSFER_ENCODING: Final = b"transfer-encoding"
# RFC 9110: they speak of one connection, and those that `Connection` names do, too.
_OF_CONNECTION: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding"
    b" upgrade".split()
)


def of_message(headers: Sequence[tuple[bytes, bytes]], others: frozenset[bytes] = frozenset()) -> RawHeaders:
    """Return those headers, in lower case, that belong to the message itself. others: that are left out, too."""
    named = {name.strip().lower() for header, value in headers if header == b"connection" for name in value.split(b",")}
    left_out = _OF_CONNECTION | others | named
    return [(name, value) for name, value in headers if name not in left_out]


def of_answer(headers: Sequence[tuple[bytes, bytes]]) -> RawHeaders:
    """Return those headers of an answer; a length does not count beside a transfer coding (RFC 9112)."""
    is_coded = any(name == TRANSFER_ENCODING for name, _ in headers)
    return of_message(headers, frozenset((CONTENT_LENGTH,)) if is_coded else frozenset())
