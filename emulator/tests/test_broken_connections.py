"""Where a connection is to break, the app raises what every transport can turn into its own error."""

import json

import pytest

from emulator.app import create_app
from emulator.domain.broken_connection import BrokenConnectionError
from emulator.settings import Settings

HEADERS = [(b"authorization", b"Bearer sk-emu-default"), (b"host", b"127.0.0.1"), (b"openai-beta", b"assistants=v2")]


@pytest.fixture
async def call():
    """Return a function that sends a request to the app itself, and returns what it sent."""
    app = create_app(Settings())

    async def send_request(method, path, body=None):
        sent, messages = [], [{"type": "http.request", "body": json.dumps(body).encode() if body else b""}]

        async def receive():
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        headers = [*HEADERS, (b"content-type", b"application/json")]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        error = None
        try:
            await app(scope, receive, send)
        except BrokenConnectionError as broken:
            error = broken
        return sent, error

    async with app.router.lifespan_context(app):
        yield send_request


async def arm(call, do):
    sent, _ = await call("POST", "/_emulator/ns/default/faults", {"do": do})
    assert sent[0]["status"] == 201


async def test_a_reset_is_raised_before_anything_is_sent(call):
    await arm(call, {"disconnect": True})
    sent, error = await call("GET", "/v1/models")
    assert (sent, error.is_reset) == ([], True)


async def test_a_truncated_answer_is_sent_in_part_before_the_error(call):
    await arm(call, {"truncate": 7})
    sent, error = await call("GET", "/v1/models")
    start, part = sent
    assert (start["status"], len(part["body"]), part["more_body"], error.is_reset) == (200, 7, True, False)
