"""The baseline: a server that finds the bytes of recorded answers by method and path, and does nothing else.

What the emulator costs on top of this is what its own work costs; all else (sockets, HTTP, the client) is the same. It
runs plain uvicorn and nothing of the emulator, so that it stays the same when the emulator's server changes.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import uvicorn

Key = tuple[str, str]
Answer = tuple[dict[str, Any], list[bytes]]


def read(file: Path) -> dict[Key, Answer]:
    answers: dict[Key, Answer] = {
        ("GET", "/health"): ({"type": "http.response.start", "status": 200, "headers": []}, [b""])
    }
    for recorded in json.loads(file.read_text()):
        headers = [(name.encode(), value.encode()) for name, value in recorded["headers"]]
        pieces = [piece.encode() for piece in recorded["pieces"]]
        if len(pieces) == 1:
            headers.append((b"content-length", str(len(pieces[0])).encode()))
        start = {"type": "http.response.start", "status": recorded["status"], "headers": headers}
        answers[recorded["method"], recorded["path"]] = (start, pieces)
    return answers


class Canned:
    """Pure ASGI."""

    def __init__(self, answers: dict[Key, Answer]) -> None:
        self._answers = answers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
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
    arguments = parser.parse_args()
    # The settings of the emulator's own server.
    uvicorn.run(
        Canned(read(arguments.answers)),
        port=arguments.port,
        lifespan="off",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=120,
    )
