"""A server without a thought: the bytes of recorded answers, found by method and path, under the emulator's own settings.

Whatever the emulator costs on top of this is what its work costs; all else (sockets, HTTP, the client) is the same.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from emulator.listening import bound
from emulator.server import Server

Key = tuple[str, str]
Answer = tuple[dict[str, Any], list[bytes]]


def read(file: Path) -> dict[Key, Answer]:
    answers: dict[Key, Answer] = {
        ("GET", "/health"): ({"type": "http.response.start", "status": 200, "headers": []}, [b""])
    }
    for told in json.loads(file.read_text()):
        headers = [(name.encode(), value.encode()) for name, value in told["headers"]]
        pieces = [piece.encode() for piece in told["pieces"]]
        if len(pieces) == 1:
            headers.append((b"content-length", str(len(pieces[0])).encode()))
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        answers[told["method"], told["path"]] = (start, pieces)
    return answers


class Canned:
    """Pure ASGI."""

    def __init__(self, answers: dict[Key, Answer]) -> None:
        self._answers = answers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        start, pieces = self._answers[scope["method"], scope["path"]]
        await send(start)
        for piece in pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": pieces[-1]})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("answers", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    with bound("127.0.0.1", given.port) as sock:
        Server(Canned(read(given.answers)), sock, ready=None).serve_here()
