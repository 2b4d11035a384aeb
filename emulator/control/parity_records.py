"""/ns/{ns}/parity-record: what a namespace knows of its dialogues, to be compared with those of another."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from emulator.daemon_threads import Workers
from emulator.service.namespaces import Namespaces
from emulator.wire import layout

if TYPE_CHECKING:
    from emulator.domain.parity.records import Record

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
        from emulator.service.parity.records import record  # noqa: PLC0415 - loaded with the first record

        found = await record(await namespaces.find(ns))
        return Response(await workers.compute(partial(_data, found)), media_type="application/json")

    return router


def _data(record: "Record") -> bytes:
    return layout.body(record.to_json(), compact=True)
