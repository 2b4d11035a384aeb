"""/ns/{ns}/threads: the threads of a namespace, read as people read them, and copied."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import Field

from emulator.control.body import ControlBody
from emulator.control.pages import MOST, Page
from emulator.service import thread_forks, thread_records, thread_texts
from emulator.service.namespaces import Namespaces

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
        """Return the newest messages of a thread as a text, with what its runs called and how they ended."""
        return await thread_texts.text(await namespaces.find(ns), thread, most)

    @router.post("/{thread}/fork", status_code=201)
    async def fork_thread(ns: str, thread: _Thread, body: Fork | None = None) -> dict[str, Any]:
        """Copy a thread up to a message, or all of it."""
        return await thread_forks.fork(await namespaces.find(ns), thread, body.at if body else None)

    return router
