"""What the suite in app_under_test gets from the plugin, over plain HTTP: a server, namespaces and a check of the report."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from helpdesk import Helpdesk
from openai import DefaultHttpxClient, OpenAI

from emulator import LiveServer

APP = Path(__file__).parent.parent / "app_under_test"
PARCELS = {"K7": "on the van", "M2": "at the depot"}


class Namespace:
    """The namespace of a test: a base URL for the app, and the control API for the test."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.base_url = server.ns_url(name)
        self._http = httpx.Client(base_url=server.control_url, trust_env=False)
        self._path = f"/ns/{name}"

    def configure(self, **settings: Any) -> None:
        self._request("PUT", "", settings)

    def advance(self, by: str) -> list[str]:
        """Advance the clock; return the events that this caused."""
        return [fired["event"] for fired in self._request("POST", "/clock/advance", {"by": by})["fired"]]

    def fault(self, method: str, path: str, **do: Any) -> None:
        """Make the next such request fail."""
        self._request("POST", "/faults", {"match": {"method": method, "path": path}, "times": 1, "do": do})

    def count_requests(self, method: str, path_end: str) -> int:
        """Return the number of such requests."""
        requests = self._request("GET", "/requests")["requests"]
        return sum(one["method"] == method and one["path"].endswith(path_end) for one in requests)

    def report(self) -> Any:
        return self._request("GET", "/report")

    def close(self) -> None:
        self._http.close()

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        return self._http.request(method, f"{self._path}{path}", json=body).raise_for_status().json()


@pytest.fixture(scope="session")
def server():
    with LiveServer(script=APP / "helpdesk.yaml") as running:
        yield running


@pytest.fixture
def namespace(server, request):
    name = re.sub(r"[^a-z0-9._-]", "-", request.node.name.lower())[:64]
    namespace = Namespace(server, name)
    namespace.configure(seed=1)
    yield namespace
    report = namespace.report()
    namespace.close()
    # The app turns a failed run into a polite sentence, so the test itself would not notice an unscripted question, nor a
    # script with a mistake.
    problems = [problem["message"] for kind in ("unmatched", "script", "check") for problem in report[kind]]
    if problems and not request.node.get_closest_marker("unmatched"):
        pytest.fail("\n".join(problems))


@pytest.fixture
def desk(namespace):
    transport = DefaultHttpxClient(trust_env=False)
    with OpenAI(base_url=namespace.base_url, api_key="sk-emu-default", http_client=transport) as client:
        yield Helpdesk(client, PARCELS.get)
