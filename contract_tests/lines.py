"""Ways to speak to a namespace that no client of today has: other mounts, older dialects, plain bytes."""

import re
from dataclasses import dataclass, field

import httpx

from contract_tests.harness import Namespace

TIDES_TEXT = "High water at Husum is at noon. Low water follows six hours later."
BERTHS_TEXT = "Berth seven belongs to the ferry. Berth eight is free for guests."


@dataclass(frozen=True)
class Line:
    """Requests to one namespace. mount: what stands before an endpoint's path; headers: sent with each request."""

    ns: Namespace
    headers: dict = field(default_factory=dict)
    mount: str = "/v1"

    def ask(self, method, path, headers=None, **more) -> httpx.Response:
        url = f"{self.ns.url}{self.mount}{path}"
        return self.ns.http.request(method, url, headers={**self.headers, **(headers or {})}, **more)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, **({"json": body} if body is not None else {}), **more)

    def delete(self, path):
        return self.ask("DELETE", path)

    def read(self, path, **more):
        """Return the JSON of an object that is there."""
        return shown(self.get(path, **more))

    def make(self, path, body=None, **more):
        """Return the JSON of what a POST made."""
        return shown(self.post(path, body, **more))

    def upload(self, name="tides.txt", data=None, purpose="assistants"):
        data = TIDES_TEXT.encode() if data is None else data
        return self.make("/files", data={"purpose": purpose}, files={"file": (name, data)})


def line(ns, beta="v2"):
    """Return a line with a key and an `OpenAI-Beta` header, or none of the latter."""
    named = {"OpenAI-Beta": f"assistants={beta}"} if beta else {}
    return Line(ns, {"Authorization": f"Bearer {ns.key}", **named})


def shown(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer, status, message, param=None, code=None):
    """Check that an answer is a refusal: the whole envelope, in the order of its keys."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    error = answer.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert error["message"] == message
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    return answer


def is_id(text, prefix, length, alphabet="0-9A-Za-z"):
    return re.fullmatch(rf"{re.escape(prefix)}[{alphabet}]{{{length}}}", text) is not None


def file_of(name="tides.txt", text=TIDES_TEXT):
    """Return a file as the official client takes it."""
    return (name, text if isinstance(text, bytes) else text.encode())


EMPTY_PAGE = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
