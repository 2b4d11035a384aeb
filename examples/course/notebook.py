"""The first cell of every notebook: a client of a new server that plays the scenario beside the notebook."""

import atexit
import contextlib
import datetime
import warnings
from pathlib import Path
from typing import Any

import httpx
from openai import DefaultHttpxClient, OpenAI
from v1 import V1

from emulator import LiveServer, Settings
from scripted_models import Script

KEY = "sk-emu-default"
MODEL = "gpt-4o"
HERE = Path(__file__).parent

# The client warns at each call that the API is deprecated. That is why the emulator exists.
warnings.filterwarnings("ignore", message=".*deprecated", category=DeprecationWarning)

_open = contextlib.ExitStack()


def open_client(script: Script | str | None = None, **settings: Any) -> OpenAI:
    """Return the official client. script: a scenario in this folder, or a Script; without one the model echoes.

    settings: of the server, which runs until the program ends.
    """
    url = _serve(script, settings).base_url
    return _open.enter_context(
        OpenAI(base_url=url, api_key=KEY, http_client=DefaultHttpxClient(trust_env=False), max_retries=0)
    )


def open_v1(script: Script | str | None = None, *, day: str = "2023-11-20", **settings: Any) -> V1:
    """Return a client of v1. day: of the wire; the default is before v2."""
    url = _serve(script, {"wire": datetime.date.fromisoformat(day), **settings}).base_url
    return _open.enter_context(contextlib.closing(V1(url, KEY)))


def advance_clock(api: OpenAI | V1, by: str) -> None:
    """Advance the server's clock, if the scenario froze it: minutes pass at once."""
    control = str(api.base_url).rstrip("/").removesuffix("/v1") + "/_emulator/ns/default"
    with httpx.Client(trust_env=False) as http:
        http.post(f"{control}/clock/advance", json={"by": by}).raise_for_status()


def newest(api: OpenAI, thread_id: str) -> str:
    """Return the text of the newest message of a thread."""
    return api.beta.threads.messages.list(thread_id).data[0].content[0].text.value


def function(name: str, **properties: str) -> Any:
    """Return a function tool. properties: the type of each argument by name."""
    typed = {key: {"type": kind} for key, kind in properties.items()}
    return {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": typed, "required": list(typed)}},
    }


def close_all() -> None:
    """Close all clients and servers that notebooks opened."""
    _open.close()


def _serve(script: Script | str | None, settings: dict[str, Any]) -> LiveServer:
    source = HERE / script if isinstance(script, str) else script
    return _open.enter_context(LiveServer(Settings(**settings), script=source))


atexit.register(close_all)
