"""/ns/{ns}/events: what happens in a namespace, as server-sent events."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from emulator.service.events import Event, follow
from emulator.service.namespaces import Namespaces
from emulator.wire import sse

_MOST: Final = 2**63 - 1
_Number = Annotated[int | None, Query(ge=0, le=_MOST)]
_LastEvent = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, le=_MOST)]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/events", tags=["events"])

    @router.get("")
    async def get_events(ns: str, after: _Number = None, last_event_id: _LastEvent = None) -> StreamingResponse:
        namespace = await namespaces.find(ns)
        begin = after if last_event_id is None else last_event_id
        return StreamingResponse(_frames(follow(namespace, begin)), media_type="text/event-stream")

    return router


async def _frames(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for event in events:
        number = b"" if event["seq"] is None else b"id: %d\n" % event["seq"]
        yield number + sse.frame(event["event"], event)
