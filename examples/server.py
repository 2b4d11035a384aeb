"""The server of an example: a new one that plays the example's script, or the one at OPENAI_BASE_URL."""

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

# The client warns at each call that the API is deprecated. That is why the emulator exists.
warnings.filterwarnings("ignore", message=".*deprecated", category=DeprecationWarning)


@contextmanager
def base_url(script: Any) -> Iterator[str]:
    """Yield the base URL of a server that plays ``script``: the name of a file beside this one, or a Script.

    If OPENAI_BASE_URL is set, that server is used. Start it with the same script:
    ``assistants-emulator serve --script examples/NAME.yaml``.
    """
    if url := os.environ.get("OPENAI_BASE_URL"):
        yield url
        return
    with LiveServer(script=HERE / script if isinstance(script, str) else script) as server:
        yield server.base_url


@contextmanager
def client(script: Any) -> Iterator[OpenAI]:
    """Yield a client of a server that plays ``script``."""
    with (
        base_url(script) as url,
        OpenAI(base_url=url, api_key=_key(), http_client=DefaultHttpxClient(trust_env=False)) as api,
    ):
        yield api


def async_client(url: str) -> AsyncOpenAI:
    """Return an async client; the caller closes it."""
    return AsyncOpenAI(base_url=url, api_key=_key(), http_client=DefaultAsyncHttpxClient(trust_env=False))


def _key() -> str:
    return os.environ.get("OPENAI_API_KEY", KEY)


def newest(api: OpenAI, thread_id: str) -> str:
    """Return the text of the newest message of a thread."""
    part = api.beta.threads.messages.list(thread_id, limit=1).data[0].content[0]
    return part.text.value if part.type == "text" else f"({part.type})"
