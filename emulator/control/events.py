"""/ns/{ns}/events: what happens in a namespace, as server-sent events."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from emulator.service.events import Events, follow
from emulator.service.namespaces import Namespaces
from emulator.wire import sse

_MOST: Final = 2**63 - 1
_Number = Annotated[
    int | None,
    Query(
        ge=0,
        le=_MOST,
        description=(
            "Begin behind the event of this number: what the journal has kept since comes first. 0 begins with the"
            " oldest event; without a number the stream begins now."
        ),
    ),
]
_LastEvent = Annotated[
    int | None,
    Header(
        alias="Last-Event-ID",
        ge=0,
        le=_MOST,
        description=(
            "The number of the last event that was received, which clients send when they connect again; it is used"
            " instead of `after`."
        ),
    ),
]
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Server-sent events, until the namespace is reset or deleted, or the server stops.",
        "content": {sse.MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}


class _Events(StreamingResponse):
    """Ends its events when it ends itself, also where the client has gone in the middle of one."""

    media_type = sse.MEDIA_TYPE

    def __init__(self, events: Events, status_code: int = 200) -> None:
        super().__init__(_frames(events), status_code)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()
            self._events.leave()


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/events", tags=["events"])

    @router.get("", response_class=_Events, responses=_ANSWERS)
    async def get_events(ns: str, after: _Number = None, last_event_id: _LastEvent = None) -> StreamingResponse:
        """Follow the changes of statuses in a namespace, and what else happens there.

        Those that change a status are numbered and kept, the newest 10,000 of them.
        """
        namespace = await namespaces.find(ns)
        begin = after if last_event_id is None else last_event_id
        return _Events(await follow(namespace, begin))

    return router


async def _frames(events: Events) -> AsyncGenerator[bytes, None]:
    async for event in events:
        number = b"" if event["seq"] is None else b"id: %d\n" % event["seq"]
        yield number + sse.frame(event["event"], event)
