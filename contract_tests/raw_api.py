"""Raw requests to a namespace, for what no current client can send: other mounts, older wires, malformed bodies."""

import re
from dataclasses import dataclass, field

import httpx

from contract_tests.harness import Namespace

TIDES_TEXT = "High water at Husum is at noon. Low water follows six hours later."
BERTHS_TEXT = "Berth seven belongs to the ferry. Berth eight is free for guests."


@dataclass(frozen=True)
class RawApi:
    """Requests to one namespace. mount: the prefix of every endpoint's path; headers: sent with each request."""

    ns: Namespace
    headers: dict = field(default_factory=dict)
    mount: str = "/v1"

    def request(self, method, path, headers=None, **more) -> httpx.Response:
        url = f"{self.ns.url}{self.mount}{path}"
        return self.ns.http.request(method, url, headers={**self.headers, **(headers or {})}, **more)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, **({"json": body} if body is not None else {}), **more)

    def delete(self, path):
        return self.request("DELETE", path)

    def get_json(self, path, **more):
        """GET, check that the status is 200, and return the JSON."""
        return json_of(self.get(path, **more))

    def post_json(self, path, body=None, **more):
        """POST, check that the status is 200, and return the JSON."""
        return json_of(self.post(path, body, **more))

    def upload(self, name="tides.txt", data=None, purpose="assistants"):
        data = TIDES_TEXT.encode() if data is None else data
        return self.post_json("/files", data={"purpose": purpose}, files={"file": (name, data)})


def raw_api(ns, beta="v2"):
    """Return a raw API with the namespace's key and an `OpenAI-Beta` header; with None, without that header."""
    beta_header = {"OpenAI-Beta": f"assistants={beta}"} if beta else {}
    return RawApi(ns, {"Authorization": f"Bearer {ns.key}", **beta_header})


def json_of(response):
    """Return the JSON of a response whose status is 200."""
    assert response.status_code == 200, response.text
    return response.json()


def assert_refused(response, status, message, param=None, code=None):
    """Check that a response is this error: the whole envelope, with its keys in order."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json"), response.text
    error = response.json()["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert error["message"] == message
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    return response


def is_id(text, prefix, length, alphabet="0-9A-Za-z"):
    return re.fullmatch(rf"{re.escape(prefix)}[{alphabet}]{{{length}}}", text) is not None


def file_of(name="tides.txt", text=TIDES_TEXT):
    """Return a file in the form that the official client takes."""
    return (name, text if isinstance(text, bytes) else text.encode())


EMPTY_PAGE = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
