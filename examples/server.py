"""Where every example plays: a server of its own with the example's script, or the one that OPENAI_BASE_URL names."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI, DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI

from emulator import LiveServer

HERE = Path(__file__).parent
KEY = "sk-emu-default"

# The client says at each call that the service is gone. That is why this exists.
warnings.filterwarnings("ignore", message=".*deprecated", category=DeprecationWarning)


@contextmanager
def address(script: Any) -> Iterator[str]:
    """Yield the base URL of a server that plays ``script``: the name of a file beside this one, or a Script.

    A server that runs already has to have been started with the script:
    ``assistants-emulator serve --script examples/NAME.yaml``.
    """
    if running := os.environ.get("OPENAI_BASE_URL"):
        yield running
        return
    with LiveServer(script=HERE / script if isinstance(script, str) else script) as server:
        yield server.base_url


@contextmanager
def client(script: Any) -> Iterator[OpenAI]:
    """Yield a client of the server."""
    with (
        address(script) as url,
        OpenAI(base_url=url, api_key=_key(), http_client=DefaultHttpxClient(trust_env=False)) as it,
    ):
        yield it


def async_client(url: str) -> AsyncOpenAI:
    """Return an async client, to be closed by who asks for it."""
    return AsyncOpenAI(base_url=url, api_key=_key(), http_client=DefaultAsyncHttpxClient(trust_env=False))


def _key() -> str:
    return os.environ.get("OPENAI_API_KEY", KEY)


def newest(api: OpenAI, thread_id: str) -> str:
    """Return the text of the newest message of a thread."""
    part = api.beta.threads.messages.list(thread_id, limit=1).data[0].content[0]
    return part.text.value if part.type == "text" else f"({part.type})"
