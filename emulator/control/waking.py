"""Where snapshots are looked at: a request that changes something lets go on first what stood still there."""

import re
from typing import Final, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

_NAMESPACE: Final = re.compile(r"/ns/([^/]+)(?:/|$)")
_READING: Final = frozenset(("GET", "HEAD", "OPTIONS"))
# The last segments of requests with a body that change nothing under way.
_ONLY_ASKS: Final = frozenset(("match", "fork", "verify", "lint", "hints", "parity", "login", "logout"))


class Sleepers(Protocol):
    """The namespaces that stand still."""

    async def wake(self, name: str) -> None:
        """Let what is under way in one go on."""

    async def wake_all(self) -> None:
        """Let all of them go on."""


class WithWaking:
    """Pure ASGI, in front of an API. by_key: a request whose path names no namespace may mean any of them."""

    def __init__(self, app: ASGIApp, sleepers: Sleepers, *, by_key: bool) -> None:
        self._app = app
        self._sleepers = sleepers
        self._by_key = by_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wake what the request may change, and hand it on."""
        if scope["type"] == "http" and may_change(scope):
            named = _NAMESPACE.search(scope["path"])
            if named is not None:
                await self._sleepers.wake(named[1])
            elif self._by_key:
                await self._sleepers.wake_all()
        await self._app(scope, receive, send)


def may_change(scope: Scope) -> bool:
    """Return whether a request to an API may change something that is under way."""
    return scope["method"] not in _READING and scope["path"].rpartition("/")[2] not in _ONLY_ASKS
