"""The live stream of a page: how much has happened since, a few times a second at most, however much that is.

The page asks for what it shows by itself; so a stream has no rows, and is as small for a busy namespace as for a quiet
one. Whoever reads it is an observer: no run waits for it, and no request takes longer for it.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.domain.broken_connection import BrokenConnectionError
from emulator.engine.namespace import Namespace
from emulator.service.news import About, Happened, News, Position
from emulator.wire import sse

# Seconds of the machine, whatever the namespace's clock does: people read in real time. The request log tells nobody of
# a request, because that would be on the way of each of them; so a page that is open looks at it.
_BETWEEN: Final = 0.25


def routes(site: Site) -> list[Route]:
    """Return the route."""
    return [shows(site, "/ns/{ns}/live", _follow)]


async def _follow(site: Site, request: Request) -> Response:
    """Follow a namespace, or one thread or run of it; ``after`` is the position of what the page shows."""
    namespace = await site.namespace(request)
    query = request.query_params
    about = About(query.get("thread") or None, query.get("run") or None)
    seen = Position.read(request.headers.get("last-event-id") or query.get("after", ""))
    return LiveStream(namespace, about, seen)


class LiveStream(Response):
    """Sends what has happened as events ``changed``; ends with its client, the namespace, or the server."""

    def __init__(self, namespace: Namespace, about: About, seen: Position | None) -> None:
        super().__init__(headers={**HEADERS, "content-type": f"{sse.MEDIA_TYPE}; charset=utf-8"})
        # A stream has no length, which the parent has taken for 0.
        del self.headers["content-length"]
        self._namespace = namespace
        self._about = about
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        news = News(self._namespace, self._about, self._seen)
        try:
            await self._send(news, receive, send)
        except BrokenConnectionError:
            pass  # the server stops
        finally:
            news.leave()
        await send({"type": "http.response.body", "body": b""})

    async def _send(self, news: News, receive: Receive, send: Send) -> None:
        # Also where nothing has happened: it says where the stream begins, for whoever connects again.
        frame = _frame(news, await news.take())
        while True:
            if frame:
                await send({"type": "http.response.body", "body": frame, "more_body": True})
            if news.is_over or not await self._namespace.pauses.wait(_BETWEEN, _leaving(receive)):
                return
            happened = await news.take()
            frame = _frame(news, happened) if happened.is_anything else b""


def _frame(news: News, happened: Happened) -> bytes:
    """Return what a client gets to know: where the stream is now, and what has happened, if anything has."""
    number = f"id: {news.seen}\n".encode()
    if not happened.is_anything:
        return number + b"\n"
    return number + sse.frame("changed", {"events": happened.events, "requests": happened.requests})


async def _leaving(receive: Receive) -> None:
    """Return when the client goes away."""
    while (await receive())["type"] != "http.disconnect":
        pass
