"""What belongs to no namespace and is known to all processes of a server, which share a database or are one."""

import secrets
from collections.abc import Mapping
from typing import Any, Final, Protocol

SECRET_BYTES: Final = 32


class ServerRows(Protocol):
    """Documents by kind and key. secret: known to all processes of the server, and to nobody else.

    is_shared: whether there may be others.
    """

    is_shared: bool
    secret: bytes

    async def put(self, kind: str, key: str, doc: Mapping[str, Any]) -> None:
        """Let all others know of a document."""

    async def remove(self, kind: str, key: str) -> None:
        """Let all others forget it; no effect where there is none."""

    async def all(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Return what all know, by key."""


class NoServerRows:
    """There are no others: who puts something here remembers it himself."""

    is_shared = False

    def __init__(self) -> None:
        self.secret = secrets.token_bytes(SECRET_BYTES)

    async def put(self, kind: str, key: str, doc: Mapping[str, Any]) -> None:
        """Do nothing."""

    async def remove(self, kind: str, key: str) -> None:
        """Do nothing."""

    async def all(self, kind: str) -> Mapping[str, Mapping[str, Any]]:  # noqa: ARG002 - nothing of any kind
        """Return nothing."""
        return {}
