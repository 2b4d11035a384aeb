"""Counting requests: by method, template of the path and status, with the time that they take."""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.domain.measures import REQUEST_SECONDS, REQUESTS, STREAMS, UNAVAILABLE, Measures

# Returns the template of a request's path, ``/threads/{thread_id}``; it has to be one of few.
RouteOf = Callable[[Scope], str]
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_UNAVAILABLE: Final = 503
_EVENTS: Final = b"text/event-stream"
# An answer that was never begun: the client has gone, or the connection was broken on purpose.
_NONE: Final = "none"


class OpenStreams:
    """How many answers that are streams of events are open, whichever API they belong to."""

    def __init__(self, measures: Measures) -> None:
        self.count = 0
        measures.gauge(STREAMS, lambda: self.count)


class MeasuredRequests:
    """Pure ASGI around one API. api: its name; seconds: reads the time; route_of: asked once there is an answer."""

    def __init__(
        self,
        app: ASGIApp,
        api: str,
        *,
        measures: Measures,
        streams: OpenStreams,
        seconds: Callable[[], float],
        route_of: RouteOf,
    ) -> None:
        self._app = app
        self._api = api
        self._measures = measures
        self._streams = streams
        self._seconds = seconds
        self._route_of = route_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request, and count its answer."""
        began = self._seconds()
        status = _NONE
        is_stream = False

        async def watched(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                status = str(message["status"])
                is_stream = _is_stream(message)
                self._streams.count += is_stream
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._streams.count -= is_stream
            self._count(scope, status, None if is_stream else self._seconds() - began)

    def _count(self, scope: Scope, status: str, seconds: float | None) -> None:
        """Count an answer; how long a stream was open says nothing of the server."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = self._route_of(scope)
        self._measures.count(REQUESTS, method=method, route=route, status=status)
        if seconds is not None:
            self._measures.observe(REQUEST_SECONDS, seconds, method=method, route=route)
        if status == str(_UNAVAILABLE):
            self._measures.count(UNAVAILABLE, api=self._api)


def _is_stream(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(_EVENTS) for name, value in start.get("headers", ()))
