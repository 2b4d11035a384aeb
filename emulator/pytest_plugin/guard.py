"""Keeps requests of a test from leaving for the real service."""

import socket
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, Final

import pytest

REAL: Final = ("api.openai.com", "*.openai.com", "*.openai.azure.com", "*.services.ai.azure.com")


class RealServiceGuard:
    """While it is installed, looking up a host of the real service fails the test at once.

    server: where requests should have gone; None: nothing is guarded. refused: what was tried. It fails by pytest's own
    outcome, which is no `Exception`: a client would take that for a broken connection, wait, and try again.
    """

    def __init__(self, server: str | None) -> None:
        self._server = server
        self._look_up: Callable[..., Any] | None = None
        self.refused: list[str] = []

    def install(self) -> None:
        """Begin."""
        if self._server is not None:
            self._look_up = socket.getaddrinfo
            socket.getaddrinfo = self._guarded

    def remove(self) -> None:
        """End."""
        if self._look_up is not None:
            socket.getaddrinfo = self._look_up
            self._look_up = None

    def _guarded(self, host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and any(fnmatchcase(name.lower(), real) for real in REAL):
            message = (
                f"a request would have left for the real service: the base URL of its client is {_base_url(name)}."
                f" Give it {self._server}/v1, which OPENAI_BASE_URL names during a test, or mark the test with"
                " @pytest.mark.emulator(real_service=True)."
            )
            self.refused.append(message)
            pytest.fail(message, pytrace=False)
        if self._look_up is None:
            raise OSError("the guard has been removed")
        return self._look_up(host, *args, **kwargs)


def _base_url(host: str) -> str:
    """Return the base URL of the client that looks up a host, if it is among the callers; else as much as is known."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented way to the callers
    caller = frame.f_back
    while caller is not None:
        url = str(getattr(caller.f_locals.get("self"), "base_url", ""))
        if host in url:
            return url
        caller = caller.f_back
    return f"https://{host}"
