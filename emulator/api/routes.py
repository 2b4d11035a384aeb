"""Every endpoint of the API, the busy ones first."""

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Router
from starlette.types import ASGIApp

from emulator.api import assistants, messages, models, runs, steps, threads
from emulator.api.door import Door, Endpoint, House, route

_RUN = "/threads/{thread_id}/runs/{run_id}"
_MESSAGE = "/threads/{thread_id}/messages/{message_id}"

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
    Endpoint("GET", "/models", models.listing, needs_beta=False, sunset=False),
    Endpoint("GET", "/models/{model:path}", models.retrieve, needs_beta=False, sunset=False),
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
