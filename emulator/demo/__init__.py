"""The demo: the official client talks to the emulator, with a function, polling, a stream, a search and a chart."""

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console

from emulator.demo import scenes
from emulator.demo.screen import Screen
from emulator.harness.clients import MissingClientError
from emulator.live_server import LiveServer
from emulator.sandbox import available
from emulator.settings import Settings

SCENARIO = Path(__file__).with_name("demo.yaml")


def run(console: Console | None = None, hold: Callable[[Screen, str], None] | None = None) -> None:
    """Run all scenes; raise `MissingClientError` if the client is missing.

    hold: keeps the server until it returns, and is given where the inspector shows the thread of the conversation.
    """
    openai = _client_library()
    screen = Screen(console or Console(highlight=False))
    started = time.perf_counter()
    execute = available().ok and find_spec("matplotlib") is not None
    settings = Settings(scripts=(SCENARIO,), on_request=screen.on_request, execute_code=execute)
    with LiveServer(settings) as server, warnings.catch_warnings():
        # The client warns at each call that the API is deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        # The client must not use a proxy from the environment.
        with openai.OpenAI(
            base_url=server.base_url,
            api_key="sk-emu-default",
            http_client=openai.DefaultHttpxClient(trust_env=False),
        ) as client:
            if not hasattr(client.beta, "assistants"):
                raise MissingClientError("this version of openai has no Assistants API any more: install 'openai<4'")
            screen.title(f"The emulator listens at {server.url}; the openai client {openai.__version__} talks to it")
            ids = scenes.set_up(screen, client)
            thread_id = ids[1]
            scenes.poll_run(screen, client, *ids)
            scenes.stream_run(screen, client, *ids)
            scenes.search_file(screen, client, *ids)
            scenes.draw_chart(screen, client, *ids, execute=execute)
        seconds = time.perf_counter() - started
        screen.title(f"Done in {seconds:.1f} s, without a network. The script: {SCENARIO}")
        if hold is not None:
            hold(screen, server.namespace().threads.inspector_url(thread_id))


def _client_library() -> Any:
    try:
        import openai
    except ImportError:
        raise MissingClientError(
            "the demo needs the openai client: pip install 'assistants-emulator[client]'"
        ) from None
    return openai
