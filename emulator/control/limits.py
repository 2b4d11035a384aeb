"""How large the bodies of the control API may be: counted as they come, before anything is made of them."""

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.control.envelope import refusal
from emulator.control.server import path_of
from emulator.domain.content_length import announced_bytes
from emulator.domain.errors import ApiError
from emulator.service.snapshot_shelf import MOST_BYTES

# A script: each of its values is in memory.
MOST_SCRIPT_BYTES: Final = 16 * 1024 * 1024
# A file that a script names, such as one of turns: 100,000 turns of some sentences each. It is in memory as a whole.
MOST_ASSET_BYTES: Final = 64 * 1024 * 1024
# A script of that size with a file of that size, and what multipart adds.
MOST_SCRIPTS_BYTES: Final = 81 * 1024 * 1024
# Everything else is a few fields. As values they take tens of times their size, and are read on the event loop.
MOST_JSON_BYTES: Final = 256 * 1024
# The objects of an import, all together, and its files with them.
MOST_IMPORTED_JSON_BYTES: Final = 33 * 1024 * 1024
MOST_IMPORT_BYTES: Final = 1024 * 1024 * 1024
# Two records of dialogues, each as large as an import may be.
MOST_PARITY_BYTES: Final = 66 * 1024 * 1024
# A form that has a snapshot, whose file is written to the disk as it comes.
MOST_SNAPSHOT_BYTES: Final = MOST_BYTES + MOST_JSON_BYTES
# What is written to the disk as it comes is counted by those who do it, and forms of pages by those who show refusals.
_COUNTED_LATER: Final = re.compile(r"PUT /ns/[^/]+/snapshots/[^/]+|POST /ns/[^/]+/import|POST /inspector/.+")
_LARGER: Final = {
    re.compile(r"/inspector/ns/[^/]+/snapshots/new/upload"): MOST_SNAPSHOT_BYTES,
    re.compile(r"/lint|(/inspector)?/ns/[^/]+/scripts(/[a-z]+)?"): MOST_SCRIPTS_BYTES,
    re.compile(r"/parity"): MOST_PARITY_BYTES,
}


class BoundedBodies:
    """Pure ASGI: hands on whole bodies, and answers 413 where one is announced or becomes too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        if _COUNTED_LATER.fullmatch(f"{scope['method']} {path_of(scope)}"):
            await self._app(scope, receive, send)
            return
        most = _most(scope)
        whole = None if _announced(scope) > most else await _whole(receive, most)
        if whole is None:
            await refusal(413, _too_large(most))(scope, receive, send)
        else:
            await self._app(scope, _before(whole, receive), send)


def bounded(scope: Scope, receive: Receive) -> Receive:
    """Return what receives the body of a request; raises `ApiError` where one is announced or becomes too large."""
    most = _most(scope)
    if _announced(scope) > most:
        raise ApiError(413, _too_large(most))
    return counted(receive, most)


def _most(scope: Scope) -> int:
    path = path_of(scope)
    return next((most for paths, most in _LARGER.items() if paths.fullmatch(path)), MOST_JSON_BYTES)


def _announced(scope: Scope) -> int:
    return announced_bytes(Headers(scope=scope).get("content-length"))


def _too_large(most: int) -> str:
    return f"A body may have at most {most} bytes here."


async def _whole(receive: Receive, most: int) -> Message | None:
    """Return the whole body as one message; None once it has become too large. A client that has gone ends it."""
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return {"type": "http.request", "body": b"".join(pieces), "more_body": False}


def _before(first: Message, receive: Receive) -> Receive:
    """Return what receives a message before all others."""
    waiting = [first]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received


def counted(receive: Receive, most: int) -> Receive:
    """Return what receives a body piece by piece, and refuses one that becomes too large."""
    size = 0

    async def received() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise ApiError(413, _too_large(most))
        return message

    return received
