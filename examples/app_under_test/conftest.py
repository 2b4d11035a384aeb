"""One server for the session, one namespace for each test, and a look at the report when a test is over."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from helpdesk import Helpdesk
from openai import DefaultHttpxClient, OpenAI

from emulator import LiveServer

HERE = Path(__file__).parent
PARCELS = {"K7": "on the van", "M2": "at the depot"}


class Namespace:
    """A test's own namespace: where the app is sent, and what the control API can do there."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.base_url = server.ns_url(name)
        self._http = httpx.Client(base_url=server.control_url, trust_env=False)
        self._path = f"/ns/{name}"

    def setup(self, **choices: Any) -> None:
        self._ask("PUT", "", choices)

    def advance(self, by: str) -> list[str]:
        """Move the clock; return the events that this caused."""
        return [fired["event"] for fired in self._ask("POST", "/clock/advance", {"by": by})["fired"]]

    def fault(self, method: str, path: str, **do: Any) -> None:
        """Let the next such request go wrong."""
        self._ask("POST", "/faults", {"match": {"method": method, "path": path}, "times": 1, "do": do})

    def requests(self, method: str, path_end: str) -> int:
        """Return how many such requests there were."""
        told = self._ask("GET", "/requests")["requests"]
        return sum(one["method"] == method and one["path"].endswith(path_end) for one in told)

    def report(self) -> Any:
        return self._ask("GET", "/report")

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return self._http.request(method, f"{self._path}{path}", json=body).raise_for_status().json()


@pytest.fixture(scope="session")
def server():
    with LiveServer(script=HERE / "helpdesk.yaml") as running:
        yield running


@pytest.fixture
def namespace(server, request):
    name = re.sub(r"[^a-z0-9._-]", "-", request.node.name.lower())[:64]
    own = Namespace(server, name)
    own.setup(seed=1)
    yield own
    unmatched = own.report()["unmatched"]
    own.close()
    # The app hides a failed run behind a friendly sentence, so the test would not notice a question nobody scripted.
    if unmatched and not request.node.get_closest_marker("unmatched"):
        pytest.fail(unmatched[0]["message"])


@pytest.fixture
def desk(namespace):
    transport = DefaultHttpxClient(trust_env=False)
    with OpenAI(base_url=namespace.base_url, api_key="sk-emu-default", http_client=transport) as client:
        yield Helpdesk(client, PARCELS.get)
