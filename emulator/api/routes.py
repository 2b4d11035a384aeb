"""Every endpoint of the API, the busy ones first."""

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Router
from starlette.types import ASGIApp

from emulator.api import assistants, files, messages, models, runs, steps, threads, uploads, v1_files, vector_stores
from emulator.api.door import Door
from emulator.api.serving import Endpoint, House, route

_RUN = "/threads/{thread_id}/runs/{run_id}"
_MESSAGE = "/threads/{thread_id}/messages/{message_id}"
_ASSISTANT_FILE = "/assistants/{assistant_id}/files/{file_id}"
_STORE = "/vector_stores/{vector_store_id}"
_BATCH = f"{_STORE}/file_batches/{{batch_id}}"

ENDPOINTS: Final = (
    Endpoint("GET", _RUN, runs.retrieve, polled=True),
    Endpoint("POST", "/threads/{thread_id}/messages", messages.create),
    Endpoint("GET", "/threads/{thread_id}/messages", messages.listing),
    Endpoint("POST", "/threads/runs", runs.create_with_thread, polled=True),
    Endpoint("POST", "/threads/{thread_id}/runs", runs.create, polled=True),
    Endpoint("POST", "/threads", threads.create),
    Endpoint("POST", f"{_RUN}/submit_tool_outputs", runs.submit_tool_outputs, polled=True),
    Endpoint("GET", f"{_RUN}/steps", steps.listing),
    Endpoint("POST", "/assistants", assistants.create),
    Endpoint("POST", f"{_RUN}/cancel", runs.cancel, polled=True),
    Endpoint("GET", "/threads/{thread_id}/runs", runs.listing),
    Endpoint("GET", f"{_RUN}/steps/{{step_id}}", steps.retrieve),
    Endpoint("POST", _RUN, runs.modify),
    Endpoint("GET", _MESSAGE, messages.retrieve),
    Endpoint("POST", _MESSAGE, messages.modify),
    Endpoint("DELETE", _MESSAGE, messages.delete),
    Endpoint("GET", "/threads/{thread_id}", threads.retrieve),
    Endpoint("POST", "/threads/{thread_id}", threads.modify),
    Endpoint("DELETE", "/threads/{thread_id}", threads.delete),
    Endpoint("GET", "/assistants", assistants.listing),
    Endpoint("GET", "/assistants/{assistant_id}", assistants.retrieve),
    Endpoint("POST", "/assistants/{assistant_id}", assistants.modify),
    Endpoint("DELETE", "/assistants/{assistant_id}", assistants.delete),
    Endpoint("GET", f"{_MESSAGE}/files", v1_files.of_message, only_v1=True),
    Endpoint("GET", f"{_MESSAGE}/files/{{file_id}}", v1_files.retrieve_of_message, only_v1=True),
    Endpoint("POST", "/assistants/{assistant_id}/files", v1_files.attach, only_v1=True),
    Endpoint("GET", "/assistants/{assistant_id}/files", v1_files.of_assistant, only_v1=True),
    Endpoint("GET", f"{_ASSISTANT_FILE}", v1_files.retrieve, only_v1=True),
    Endpoint("DELETE", f"{_ASSISTANT_FILE}", v1_files.detach, only_v1=True),
    *(
        Endpoint(method, path, handler, needs_beta=False, sunset=False, polled=polled)
        for method, path, handler, polled in (
            ("POST", "/files", files.create, False),
            ("GET", "/files", files.listing, False),
            ("GET", "/files/{file_id}", files.retrieve, False),
            ("DELETE", "/files/{file_id}", files.delete, False),
            ("GET", "/files/{file_id}/content", files.content, False),
            ("POST", "/vector_stores", vector_stores.create, False),
            ("GET", "/vector_stores", vector_stores.listing, False),
            ("GET", _STORE, vector_stores.retrieve, False),
            ("POST", _STORE, vector_stores.modify, False),
            ("DELETE", _STORE, vector_stores.delete, False),
            ("POST", f"{_STORE}/search", vector_stores.search, False),
            ("POST", f"{_STORE}/files", vector_stores.add_file, True),
            ("GET", f"{_STORE}/files", vector_stores.list_files, False),
            ("GET", f"{_STORE}/files/{{file_id}}", vector_stores.retrieve_file, True),
            ("POST", f"{_STORE}/files/{{file_id}}", vector_stores.modify_file, False),
            ("DELETE", f"{_STORE}/files/{{file_id}}", vector_stores.delete_file, False),
            ("GET", f"{_STORE}/files/{{file_id}}/content", vector_stores.file_content, False),
            ("POST", f"{_STORE}/file_batches", vector_stores.create_batch, True),
            ("GET", _BATCH, vector_stores.retrieve_batch, True),
            ("POST", f"{_BATCH}/cancel", vector_stores.cancel_batch, True),
            ("GET", f"{_BATCH}/files", vector_stores.list_batch_files, False),
            ("POST", "/uploads", uploads.create, False),
            ("POST", "/uploads/{upload_id}/parts", uploads.add_part, False),
            ("POST", "/uploads/{upload_id}/complete", uploads.complete, False),
            ("POST", "/uploads/{upload_id}/cancel", uploads.cancel, False),
        )
    ),
    Endpoint("GET", "/models", models.listing, needs_beta=False, sunset=False),
    Endpoint("GET", "/models/{model:path}", models.retrieve, needs_beta=False, sunset=False),
    Endpoint("DELETE", "/models/{model:path}", models.delete, needs_beta=False, sunset=False),
)


def front_door(house: House) -> ASGIApp:
    """Return the API as an ASGI app. Web pages of any origin may call it: browser clients exist."""
    routes = Router([route(endpoint, house) for endpoint in ENDPOINTS], redirect_slashes=False)
    return CORSMiddleware(
        Door(routes, house),
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["x-request-id", "openai-poll-after-ms"],
    )
