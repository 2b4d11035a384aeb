"""The recorder as an ASGI app: it opens its connections when it starts, and has written everything when it ends."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.types import Receive, Scope, Send

from emulator.recording.addresses import api_path
from emulator.recording.recorder.connections import Connections
from emulator.recording.recorder.passing import Passing
from emulator.recording.recorder.recording_file import RecordingFile
from emulator.recording.recorder.sink import Sink
from emulator.recording.recorder.upstream import Upstream
from emulator.recording.secrets import Secrets

# What the Assistants API is about; all else is a neighbor of it.
_OWN: Final = re.compile(r"/(?:assistants|threads|files|vector_stores|uploads)(?:/|\Z)")


class Recorder:
    """Records one upstream to one file. warn: is given a line for each exchange that is left out.

    include_neighbors: whether requests beside the Assistants API, such as those for chat completions, are written, too.
    """

    def __init__(
        self,
        upstream: Upstream,
        file: RecordingFile,
        warn: Callable[[str], None],
        *,
        ca_file: Path | None = None,
        include_neighbors: bool = False,
    ) -> None:
        secrets = Secrets()
        self.sink = Sink(file, secrets, warn)
        self._connections = Connections(upstream, ca_file)

        def is_recorded(url: str) -> bool:
            return include_neighbors or _is_of_assistants(url, upstream)

        self._passing = Passing(upstream, self._connections, self.sink, secrets, is_recorded)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or start and end."""
        if scope["type"] != "lifespan":
            await self._passing(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._connections.close()
                await self.sink.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return


def _is_of_assistants(url: str, upstream: Upstream) -> bool:
    """Return whether a URL is one of the Assistants API, below a mount or below a path of the upstream's own."""
    below = url.removeprefix(upstream.origin + upstream.path).partition("?")[0]
    return _OWN.match(below) is not None or api_path(url) is not None
