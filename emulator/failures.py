"""The outermost layer: whatever breaks below it, the client gets an answer of the form that it knows."""

import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.errors import UnavailableDatabaseError

_log: Final = logging.getLogger(__name__)


class Failures:
    """Pure ASGI. answer: makes what is sent where nothing was, from the id of the request.

    unavailable: makes the same where the database cannot be reached for now, which is nobody's mistake; as any other
    failure, unless it is given.

    A failure behind a whole answer is logged, and the connection stays open; behind a half one it is closed.
    """

    def __init__(
        self, app: ASGIApp, answer: Callable[[str], ASGIApp], unavailable: Callable[[str], ASGIApp] | None = None
    ) -> None:
        self._app = app
        self._answer = answer
        self._unavailable = unavailable or answer
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_started = False
        answer: Callable[[str], ASGIApp] | None = None

        def watched(message: Message) -> Awaitable[None]:
            nonlocal is_started
            is_started = True
            return send(message)

        try:
            await self._app(scope, receive, watched)
        except BrokenConnectionError:  # on purpose
            raise
        except UnavailableDatabaseError as error:  # a traceback for each request would only hide why
            _log.warning("a request could not be answered: %s: %s", scope["method"], error)
            answer = self._unavailable
        except Exception:  # noqa: BLE001 - whatever broke, no client may see a traceback
            # Neither the path nor the query: either may hold a key.
            _log.exception("a request failed: %s", scope["method"])
            answer = self._answer
        if answer is not None and not is_started:
            await answer(f"req_{next(self._numbers):032x}")(scope, receive, send)
