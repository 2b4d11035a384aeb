"""/ns/{ns}/threads: the threads of a namespace, read as people read them, and copied."""

from collections.abc import Iterator
from functools import partial
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from emulator.control.body import ControlBody
from emulator.control.pages import MOST, Page
from emulator.daemon_threads import in_thread
from emulator.service import thread_forks, thread_records, thread_texts
from emulator.service.namespaces import Namespaces
from emulator.store.blobs import Blobs

if TYPE_CHECKING:
    from emulator.service.thread_exports import ThreadExport

_PIECE: Final = 1024 * 1024
_EXPORT: Final[dict[str, Any]] = {
    "responses": {
        "200": {
            "description": "The thread as a file.",
            "content": {"application/json": {}, "text/markdown": {}, "application/zip": {}},
        }
    }
}
_Thread = Annotated[str, Path(description="The id of a thread.", examples=["thread_abc123"])]


class Fork(ControlBody):
    """The message up to which a thread is copied; None is all of it."""

    at: Annotated[
        str | None, Field(description="The last message of the copy; without it all.", examples=["msg_abc123"])
    ] = None


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/threads", tags=["threads"])

    @router.get("")
    async def list_threads(ns: str, page: Page) -> dict[str, Any]:
        """List the threads of a namespace, newest first."""
        return await thread_records.listing(await namespaces.find(ns), page)

    @router.get("/{thread}")
    async def get_thread(ns: str, thread: _Thread) -> dict[str, Any]:
        """Return a thread with its newest messages and runs."""
        return await thread_records.retrieve(await namespaces.find(ns), thread)

    @router.get("/{thread}/transcript", response_class=PlainTextResponse)
    async def get_transcript(
        ns: str, thread: _Thread, most: Annotated[int, Query(ge=1, le=MOST, description="How many messages.")] = 20
    ) -> str:
        """Return the newest messages of a thread as a text, with what its runs called and how they ended.

        Likewise of a conversation, or of the chain that began with a response.
        """
        from emulator.service.responses import texts  # noqa: PLC0415 - not at the start of a server

        namespace = await namespaces.find(ns)
        return await texts.text(namespace, thread, most) or await thread_texts.text(namespace, thread, most)

    @router.get("/{thread}/export", response_class=Response, openapi_extra=_EXPORT)
    async def export_thread(
        ns: str,
        thread: _Thread,
        format: Annotated[  # noqa: A002 - the name of the parameter
            Literal["json", "markdown", "zip", "conversation"],
            Query(
                description="`json` is what `import` takes, `markdown` is for people, `zip` is both with the files,"
                " `conversation` is what a program sends to make a conversation of it."
            ),
        ] = "json",
    ) -> Response:
        """Return all that is known of a thread as a file: its messages, runs and steps, and what these name."""
        from emulator.service import thread_exports  # noqa: PLC0415 - loaded with the first export

        namespace = await namespaces.find(ns)
        with namespaces.blobs.held():
            export = await thread_exports.export(namespace, thread, timelines=format == "zip")
            return await _file_of(export, format, namespaces.blobs)

    @router.post("/{thread}/fork", status_code=201)
    async def fork_thread(ns: str, thread: _Thread, body: Fork | None = None) -> dict[str, Any]:
        """Copy a thread up to a message, or all of it."""
        return await thread_forks.fork(await namespaces.find(ns), thread, body.at if body else None)

    return router


async def _file_of(export: "ThreadExport", form: str, blobs: Blobs) -> Response:
    from emulator.service.conversation_exports import as_conversation  # noqa: PLC0415 - as above
    from emulator.service.thread_archives import (  # noqa: PLC0415 - as above
        as_archive,
        as_json,
        as_markdown,
        paths_of,
        readable,
    )

    if form == "conversation":
        bodies = await in_thread(lambda: readable(as_conversation(export, paths_of(export, blobs))), "export")
        return Response(bodies, media_type="application/json")
    if form == "json":
        return Response(await in_thread(partial(as_json, export), "export"), media_type="application/json")
    if form == "markdown":
        text = await in_thread(partial(as_markdown, export, blobs), "export")
        return Response(text, media_type="text/markdown; charset=utf-8")
    file = await in_thread(partial(as_archive, export, blobs), "export")
    headers = {"content-disposition": 'attachment; filename="thread.zip"'}
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
