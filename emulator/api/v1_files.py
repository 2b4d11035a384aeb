"""Handlers of v1's own paths; in its first weeks v2 had some of them, too."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import v1_files
from emulator.tools.body import Body


class AttachFile(Body):
    """A file for an assistant."""

    file_id: str


async def attach(exchange: Exchange) -> Response:
    """POST /assistants/{assistant_id}/files."""
    body = await exchange.body(AttachFile)
    file = await v1_files.attach(
        exchange.namespace, exchange.param("assistant_id"), body.file_id, in_store=not exchange.wire.is_v1
    )
    return answers.plain(exchange, file)


async def of_assistant(exchange: Exchange) -> Response:
    """GET /assistants/{assistant_id}/files."""
    page = await v1_files.of_assistant(exchange.namespace, exchange.param("assistant_id"), exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /assistants/{assistant_id}/files/{file_id}."""
    file = await v1_files.retrieve(exchange.namespace, exchange.param("assistant_id"), exchange.param("file_id"))
    return answers.plain(exchange, file)


async def detach(exchange: Exchange) -> Response:
    """DELETE /assistants/{assistant_id}/files/{file_id}."""
    await v1_files.detach(
        exchange.namespace, exchange.param("assistant_id"), exchange.param("file_id"), in_store=not exchange.wire.is_v1
    )
    return answers.deleted(exchange, exchange.param("file_id"), "assistant.file.deleted")


async def of_message(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/messages/{message_id}/files."""
    ids = (exchange.param("thread_id"), exchange.param("message_id"))
    page = await v1_files.of_message(exchange.namespace, *ids, exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve_of_message(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/messages/{message_id}/files/{file_id}."""
    ids = (exchange.param("thread_id"), exchange.param("message_id"), exchange.param("file_id"))
    return answers.plain(exchange, await v1_files.retrieve_of_message(exchange.namespace, *ids))
