"""A server of the emulator as tests see it, wherever it runs."""

import ssl
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, Unpack
from urllib.parse import urlsplit

from emulator.domain import inspector_paths
from emulator.domain.errors import EmulatorError
from emulator.domain.mounts import CONTROL_PREFIX
from emulator.harness import clients
from emulator.harness.async_namespace import AsyncNamespace
from emulator.harness.config import Config
from emulator.harness.control import Control, HttpControl, ask
from emulator.harness.coverage import CoverageReport
from emulator.harness.inspector import url_of
from emulator.harness.methods import Play
from emulator.harness.namespace import Namespace


class Emulator:
    """A running emulator; a context manager that lets go of its connections at the end.

    url: without a path. control: its control API. play: lets a namespace play a backend; None where the server runs in
    another process. has_socket: whether other processes can reach it.
    """

    has_socket = True

    def __init__(self, url: str, control: Control, play: Play | None = None) -> None:
        self.url = url
        self.control = control
        self.play = play
        self._making = threading.Lock()
        self._http: Any = None

    @classmethod
    def connect(cls, url: str, *, token: str | None = None, context: ssl.SSLContext | None = None) -> "Emulator":
        """Return the emulator that answers at a URL. token: of its control API; context: for TLS.

        Raises `UnreachableError` where none does, and `ControlError` where the token is wrong.
        """
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        emulator = cls(root, HttpControl(f"{root}{CONTROL_PREFIX}", token, context=context))
        try:
            emulator.info()
        except EmulatorError:
            emulator.close()
            raise
        return emulator

    def __repr__(self) -> str:
        return f"<Emulator at {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """The base URL for clients that name no namespace."""
        return f"{self.url}/v1"

    @property
    def inspector_url(self) -> str:
        """Where a browser shows the server. Raises `NoAddressError` for one without a socket."""
        return url_of(self, inspector_paths.namespaces())

    def info(self) -> Mapping[str, Any]:
        """Return version, database, scripts, and what a new namespace starts with."""
        info: Mapping[str, Any] = ask(self.control, "GET", "/info")
        return info

    def namespace(self, name: str = "default", **config: Unpack[Config]) -> Namespace:
        """Return a namespace, made if need be, with its configuration. name: any text."""
        namespace = Namespace(self, name)
        namespace.configure(**config)
        return namespace

    def async_namespace(self, name: str = "default", **config: Unpack[Config]) -> AsyncNamespace:
        """Return a namespace whose methods are awaited."""
        return AsyncNamespace(self.namespace(name, **config))

    @property
    def namespaces(self) -> Sequence[Namespace]:
        """All namespaces that can be used; one whose row was damaged cannot."""
        records = ask(self.control, "GET", "/ns")["namespaces"]
        return [Namespace(self, record["namespace"]) for record in records if "error" not in record]

    def coverage(self) -> CoverageReport:
        """Return what clients were shown in all namespaces, in deleted ones too, and what of it was missed."""
        return CoverageReport.from_json(ask(self.control, "GET", "/coverage"))

    # --- clients ----------------------------------------------------------------------------------------------------

    def http_client(self) -> Any:
        """Return a client of the HTTP library that `openai` uses, without a socket where there can be one."""
        return self.transport()

    def async_http_client(self) -> Any:
        """Return an asynchronous one."""
        return self.async_transport()

    def transport(self) -> Any:
        """Return over what the official client sends."""
        return clients.direct_http_client()

    def async_transport(self) -> Any:
        """Return over what the asynchronous one sends."""
        return clients.direct_async_http_client()

    def shared_transport(self) -> Any:
        """Return over what official clients send together; it is closed with this object."""
        with self._making:
            if self._http is None or self._http.is_closed:
                self._http = self.transport()
            return self._http

    def close(self) -> None:
        """Close what is open."""
        with self._making, suppress(RuntimeError):
            if self._http is not None:
                self._http.close()
        self.control.close()
