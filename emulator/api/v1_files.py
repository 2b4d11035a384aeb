"""Handlers of paths that only v1 had."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import v1_files
from emulator.service.finding import documents
from emulator.tools.body import Body


class AttachFile(Body):
    """A file for an assistant."""

    file_id: str


async def attach(call: Call) -> Response:
    """POST /assistants/{assistant_id}/files."""
    body = await call.body(AttachFile)
    return answering.plain(call, v1_files.attach(call.world, call.param("assistant_id"), body.file_id))


async def of_assistant(call: Call) -> Response:
    """GET /assistants/{assistant_id}/files."""
    page = v1_files.of_assistant(call.world, call.param("assistant_id"), call.list_query())
    return answering.listing(call, page, documents(page))


async def retrieve(call: Call) -> Response:
    """GET /assistants/{assistant_id}/files/{file_id}."""
    return answering.plain(call, v1_files.retrieve(call.world, call.param("assistant_id"), call.param("file_id")))


async def detach(call: Call) -> Response:
    """DELETE /assistants/{assistant_id}/files/{file_id}."""
    v1_files.detach(call.world, call.param("assistant_id"), call.param("file_id"))
    return answering.deleted(call, call.param("file_id"), "assistant.file.deleted")


async def of_message(call: Call) -> Response:
    """GET /threads/{thread_id}/messages/{message_id}/files."""
    ids = (call.param("thread_id"), call.param("message_id"))
    page = await v1_files.of_message(call.world, *ids, call.list_query())
    return answering.listing(call, page, documents(page))


async def retrieve_of_message(call: Call) -> Response:
    """GET /threads/{thread_id}/messages/{message_id}/files/{file_id}."""
    ids = (call.param("thread_id"), call.param("message_id"), call.param("file_id"))
    return answering.plain(call, await v1_files.retrieve_of_message(call.world, *ids))
