"""Count the calls and the files of the emulator that a request passes through, in process, and print them as JSON.

The interpreter of the version that is measured runs this as a file, so it imports nothing but that version's face.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import emulator

_ROOT = Path(emulator.__file__).parent.parent
_PACKAGES = tuple(str(_ROOT / package) + "/" for package in ("emulator", "scripted_models"))
_HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"authorization", b"Bearer sk-emu-default"),
    (b"openai-beta", b"assistants=v2"),
]


class Counter:
    """Counts calls of the emulator's functions; a coroutine or a generator that is resumed counts again."""

    def __init__(self) -> None:
        self.calls = 0
        self.files: set[str] = set()

    def start(self) -> None:
        sys.setprofile(self._count)

    def stop(self) -> None:
        sys.setprofile(None)

    def _count(self, frame: FrameType, event: str, _: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(_PACKAGES):
            self.calls += 1
            self.files.add(file)

    def to_json(self) -> dict[str, Any]:
        return {"calls": self.calls, "files": sorted(str(Path(file).relative_to(_ROOT)) for file in self.files)}


async def main() -> None:
    app = emulator.create_app(emulator.Settings())
    async with _running(app):
        assistant = json.loads(await _request(app, "POST", "/v1/assistants", {"model": "gpt-4o"}))["id"]
        counts = {}
        for _ in range(2):  # what is imported or cached at the first time is counted in neither
            thread = f"/v1/threads/{json.loads(await _request(app, 'POST', '/v1/threads', {}))['id']}"
            await _request(app, "POST", f"{thread}/messages", {"role": "user", "content": "Hello"})
            body = {"assistant_id": assistant}
            run = f"{thread}/runs/{json.loads(await _request(app, 'POST', f'{thread}/runs', body))['id']}"
            await asyncio.sleep(0.1)  # meanwhile the run is played
            if json.loads(await _request(app, "GET", run))["status"] != "completed":
                raise RuntimeError("the run is not over yet")
            poll, stream = Counter(), Counter()
            await _request(app, "GET", run, counter=poll)
            await _request(app, "POST", f"{thread}/runs", {**body, "stream": True}, counter=stream)
            counts = {"poll": poll.to_json(), "stream": stream.to_json()}
    print(json.dumps(counts))


@contextlib.asynccontextmanager
async def _running(app: Any) -> AsyncIterator[None]:
    messages: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
    answered = asyncio.Event()

    async def send(_: Mapping[str, Any]) -> None:
        answered.set()

    lifespan = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, messages.get, send))
    await messages.put({"type": "lifespan.startup"})
    await answered.wait()
    yield
    await messages.put({"type": "lifespan.shutdown"})
    await lifespan


async def _request(app: Any, method: str, path: str, body: Any = None, counter: Counter | None = None) -> bytes:
    """Send a request and return the body of its answer. counter: counts from the app's call to its last send."""
    content = b"" if body is None else json.dumps(body).encode()
    about = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": _HEADERS + about if content else _HEADERS,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    messages = [{"type": "http.request", "body": content, "more_body": False}]
    pieces: list[bytes] = []

    async def receive() -> Mapping[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.Event().wait()  # a client that stays connected and sends nothing more
        raise AssertionError

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            if message["status"] != 200:
                raise RuntimeError(f"{method} {path}: {message['status']}")
            return
        pieces.append(bytes(message.get("body", b"")))
        if counter and not message.get("more_body"):
            counter.stop()

    if counter:
        counter.start()
    try:
        await app(scope, receive, send)
    finally:
        if counter:
            counter.stop()
    return b"".join(pieces)


if __name__ == "__main__":
    asyncio.run(main())
