"""The endpoints of responses, conversations and containers. What they need is imported when one is first asked."""

from functools import partial
from importlib import import_module
from typing import Final

from emulator.api.answers import Response
from emulator.api.endpoint import Endpoint
from emulator.api.exchange import Exchange

_RESPONSE: Final = "/responses/{response_id}"
_CONVERSATION: Final = "/conversations/{conversation_id}"
_ITEMS: Final = f"{_CONVERSATION}/items"
_CONTAINER: Final = "/containers/{container_id}"
_FILES: Final = f"{_CONTAINER}/files"
_PAGE: Final = ("limit", "order", "after")
_INCLUDE: Final = ("include[] of responses",)


async def _handled(exchange: Exchange, *, module: str, name: str) -> Response:
    handler = getattr(import_module(f"emulator.api.responses.{module}"), name)
    answer: Response = await handler(exchange)
    return answer


def _endpoint(
    method: str,
    path: str,
    handler: str,
    summary: str,
    answers: str,
    *,
    query: tuple[str, ...] = (),
    takes: str | None = None,
    streams: bool = False,
    may_be_empty: bool = False,
) -> Endpoint:
    """Return an endpoint. handler: ``module.function`` of this package."""
    module, _, name = handler.partition(".")
    handled = partial(_handled, module=module, name=name)
    return Endpoint(
        method,
        path,
        handled,
        summary,
        answers,
        takes,
        query=query,
        may_be_empty=may_be_empty,
        needs_beta=False,
        sunset=False,
        may_stream=streams,
        yields=True,
        operation=handler,
    )


ENDPOINTS: Final = (
    _endpoint("POST", "/responses", "responses.create", "Create a response", "response",
              takes="requests.CreateResponse", streams=True),
    _endpoint("POST", "/responses/input_tokens", "response_inputs.input_tokens", "Count input tokens",
              "response.input_tokens", takes="input_tokens.CountTokens"),
    _endpoint("GET", _RESPONSE, "responses.retrieve", "Read a response", "response",
              query=(*_INCLUDE, "stream", "starting_after", "include_obfuscation"), streams=True),
    _endpoint("DELETE", _RESPONSE, "responses.delete", "Delete a response", "response.deleted"),
    _endpoint("POST", f"{_RESPONSE}/cancel", "responses.cancel", "Cancel a response in the background", "response"),
    _endpoint("GET", f"{_RESPONSE}/input_items", "response_inputs.input_items", "List the context of a response",
              "list of item", query=(*_PAGE, *_INCLUDE)),
    _endpoint("POST", "/conversations", "conversations.create", "Create a conversation", "conversation",
              takes="conversations.CreateConversation", may_be_empty=True),
    _endpoint("GET", _CONVERSATION, "conversations.retrieve", "Read a conversation", "conversation"),
    _endpoint("POST", _CONVERSATION, "conversations.modify", "Change a conversation", "conversation",
              takes="conversations.ModifyConversation"),
    _endpoint("DELETE", _CONVERSATION, "conversations.delete", "Delete a conversation", "conversation.deleted"),
    _endpoint("POST", _ITEMS, "conversations.add_items", "Add items to a conversation", "list of item", query=_INCLUDE,
              takes="conversations.AddItems"),
    _endpoint("GET", _ITEMS, "conversations.list_items", "List the items of a conversation", "list of item",
              query=(*_PAGE, *_INCLUDE)),
    _endpoint("GET", f"{_ITEMS}/{{item_id}}", "conversations.retrieve_item", "Read an item", "item", query=_INCLUDE),
    _endpoint("DELETE", f"{_ITEMS}/{{item_id}}", "conversations.delete_item", "Take an item out of a conversation",
              "conversation"),
    _endpoint("POST", "/containers", "containers.create", "Create a container", "container",
              takes="containers.CreateContainer"),
    _endpoint("GET", "/containers", "containers.listing", "List containers", "list of container",
              query=(*_PAGE, "name")),
    _endpoint("GET", _CONTAINER, "containers.retrieve", "Read a container", "container"),
    _endpoint("DELETE", _CONTAINER, "containers.delete", "Delete a container", "container.deleted"),
    _endpoint("POST", _FILES, "containers.create_file", "Add a file to a container", "container.file",
              takes="containers.CopyFile"),
    _endpoint("GET", _FILES, "containers.list_files", "List the files of a container", "list of container.file",
              query=_PAGE),
    _endpoint("GET", f"{_FILES}/{{file_id}}", "containers.retrieve_file", "Describe a file of a container",
              "container.file"),
    _endpoint("GET", f"{_FILES}/{{file_id}}/content", "containers.file_content", "Read a file of a container", "bytes"),
    _endpoint("DELETE", f"{_FILES}/{{file_id}}", "containers.delete_file", "Delete a file of a container",
              "container.file.deleted"),
)  # fmt: skip
