"""/ns/{ns}/parity-record: what a namespace knows of its dialogues, to be compared with those of another."""

from functools import partial
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from emulator.daemon_threads import Workers
from emulator.domain.parity.records import Record
from emulator.service.namespaces import Namespaces
from emulator.service.parity.records import record
from emulator.wire import layout

# As for the request log: each thread that computes can hold up the others.
_MOST_THREADS: Final = 1
_ANSWER: Final[dict[str, Any]] = {
    "responses": {"200": {"description": "The record.", "content": {"application/json": {}}}}
}


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route. What may take long is done on a thread."""
    workers = Workers("parity", _MOST_THREADS)
    router = APIRouter(prefix="/ns/{ns}/parity-record", tags=["parity"])

    @router.get("", response_class=Response, openapi_extra=_ANSWER)
    async def get_parity_record(ns: str) -> Response:
        """Return each dialogue with its turns: what the model saw, what came of it, and how it was asked."""
        found = await record(await namespaces.find(ns))
        return Response(await workers.compute(partial(_data, found)), media_type="application/json")

    return router


def _data(record: Record) -> bytes:
    return layout.body(record.to_json(), compact=True)
