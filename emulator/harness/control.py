"""The port through which the control API is asked, and its way over HTTP, with the standard library alone."""

import http.client
import json
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from emulator.harness.errors import ControlError, UnreachableError
from emulator.harness.inspector import Pages

_BAD: Final = 400
JSON: Final = "application/json"


class Control(Protocol):
    """Sends a request to the control API and returns status and body. path: below /_emulator, with its query."""

    def send(
        self, method: str, path: str, body: bytes | None = None, media_type: str | None = None
    ) -> tuple[int, bytes]:
        """Send a request; raise `UnreachableError` where nobody answers."""

    def close(self) -> None:
        """Let go of what is open."""


class HttpControl:
    """The control API at a URL, over one connection at a time; threads may share it.

    url: with its path, ``http://127.0.0.1:8000/_emulator``. token: of the control API. context: for TLS.
    """

    def __init__(
        self, url: str, token: str | None = None, *, timeout: float = 60.0, context: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no URL of an emulator: give one such as http://127.0.0.1:8000")
        self.url = url
        self._prefix = parts.path.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=timeout, context=context or ssl.create_default_context()
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def send(
        self, method: str, path: str, body: bytes | None = None, media_type: str | None = None
    ) -> tuple[int, bytes]:
        """Send a request; one that finds its connection closed by the server is sent again over another."""
        headers = self._headers if media_type is None else {**self._headers, "Content-Type": media_type}
        with self._lock:
            for is_last in (self._connection.sock is None, True):
                try:
                    self._connection.request(method, f"{self._prefix}{path}", body, headers)
                    answer = self._connection.getresponse()
                    return answer.status, answer.read()
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                    self._connection.close()
                    if is_last:
                        raise UnreachableError(f"no emulator answers at {self.url}: {error}") from error
                except (OSError, http.client.HTTPException) as error:
                    self._connection.close()
                    raise UnreachableError(f"no emulator answers at {self.url}: {error}") from error
        raise AssertionError("unreachable: the last try returns or raises")

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        with self._lock, suppress(OSError):
            self._connection.close()


class NamespaceControl:
    """The control API of one namespace. path: ``/ns/NAME``. pages: where the inspector shows what is in it."""

    def __init__(self, control: Control, path: str, pages: Pages) -> None:
        self.control = control
        self.path = path
        self.pages = pages

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Send a request with a JSON body and return the JSON of its answer. Raises `ControlError` for a refusal.

        query: of its values, None is left out.
        """
        __tracebackhide__ = True
        return ask(self.control, method, f"{self.path}{path}", body, query)

    def send(self, method: str, path: str, body: bytes, media_type: str) -> Any:
        """Send a request with any body and return the JSON of its answer. Raises likewise."""
        return answer_of(*self.control.send(method, f"{self.path}{path}", body, media_type))

    def read(self, path: str, query: Mapping[str, Any] | None = None) -> bytes:
        """Return an answer that is no JSON. Raises likewise."""
        status, data = self.control.send("GET", _with_query(f"{self.path}{path}", query))
        if status >= _BAD:
            answer_of(status, data)
        return data


def ask(
    control: Control,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
) -> Any:
    """Send a request as `NamespaceControl.ask` does, to any path."""
    __tracebackhide__ = True  # a test shows its own line, and not how it was asked
    data = None if body is None else json.dumps(body).encode()
    return answer_of(*control.send(method, _with_query(path, query), data, JSON))


def _with_query(path: str, query: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def answer_of(status: int, body: bytes) -> Any:
    """Return the JSON of an answer; raise the `ControlError` of a refusal."""
    __tracebackhide__ = True
    try:
        answer = json.loads(body) if body else None
    except ValueError:
        answer = {"error": {"message": f"status {status}: {body[:200].decode(errors='replace')}"}}
        status = max(status, _BAD)
    if status >= _BAD:
        error = answer.get("error") if isinstance(answer, dict) else None
        raise ControlError(status, error if isinstance(error, dict) else {"message": f"status {status}"})
    return answer
