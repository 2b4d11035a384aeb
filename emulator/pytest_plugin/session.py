"""The server of a test session: its port from the beginning, its start when somebody needs it."""

import os
import select
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from emulator.harness.environment import variables, without_proxy
from emulator.pytest_plugin.coverage import options_of
from emulator.pytest_plugin.environment import Environment
from emulator.pytest_plugin.inspection import url_elsewhere

if TYPE_CHECKING:
    from emulator.harness.emulator import Emulator
    from emulator.live_server import LiveServer

_DEFAULT: Final = "default"
_WORDS: Final = (b"emulator", b"openai_client")


class Session:
    """The emulator of one process of a test session.

    Whoever connects to the reserved port, a client at import for one, starts the server, and so does `start`.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.url = url_elsewhere(config)
        self.holds = bool(config.getoption("emulator_inspect"))
        self.is_left_open = bool(config.getoption("emulator_keep"))
        self.kept: dict[str, str] = {}  # the names of namespaces that stay to be looked at, and whose they are
        self.is_interrupted = False
        self.is_strict = bool(config.getoption("emulator_strict"))
        self.is_resilient = bool(config.getoption("emulator_resilient"))
        self.fails_on_drift = bool(
            config.getoption("emulator_fail_on_drift") or config.getini("emulator_fail_on_drift")
        )
        self.counts_coverage = options_of(config).is_wanted
        self.clock: str = config.getini("emulator_clock")
        self.scripts: list[Path] = config.getini("emulator_scripts")
        self.is_starting = False
        # Requests of clients that were made before any test name this namespace, if any.
        self.name = _DEFAULT if self.url is None else f"session-{os.urandom(4).hex()}"
        self.base: bytes | None = None  # what was made in it at import, as a snapshot
        self._emulator: Emulator | None = None
        self._server: LiveServer | None = None
        self._socket: socket.socket | None = None
        self._waiting: threading.Thread | None = None
        self._error: BaseException | None = None
        self._is_closed = self._has_base = False
        if self.url is None:
            self._reserve()
        self.environment = Environment()
        if config.getini("emulator_at_import"):
            root = self._address if self.url is None else f"{self._address}/ns/{self.name}"
            self.environment.set(variables(root, f"sk-emu-{self.name}") | without_proxy())

    @property
    def _address(self) -> str:
        if self._socket is None:
            return str(self.url).rstrip("/").removesuffix("/v1")
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    @property
    def keeps_failed(self) -> bool:
        """Whether namespaces of tests that fail outlive them."""
        return self.holds or self.is_left_open

    def is_named_in(self, module: Path) -> bool:
        """Return whether the text of a module speaks of the emulator; a guess, which costs only time if it is wrong."""
        try:
            text = module.read_bytes()
        except OSError:
            return False
        return any(word in text for word in _WORDS)

    # --- starting ---------------------------------------------------------------------------------------------------

    def _reserve(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._waiting = threading.Thread(target=self._serve, name="emulator of pytest", daemon=True)
        self._waiting.start()

    def start(self) -> None:
        """Let the server start, beside whatever is done meanwhile."""
        if not self.is_starting and not self._is_closed:
            self.is_starting = True
            self._knock()

    def _knock(self) -> None:
        if self._socket is not None and self._waiting is not None and self._waiting.is_alive():
            socket.create_connection(self._socket.getsockname()[:2]).close()

    def _serve(self) -> None:
        """Wait for the first connection, and start the server that answers it."""
        sock = self._socket
        if sock is None:
            return
        select.select([sock], [], [])
        if self._is_closed:
            return
        try:
            from emulator.live_server import LiveServer  # noqa: PLC0415 - what it needs is loaded when it is needed
            from emulator.settings import Settings  # noqa: PLC0415

            self._server = LiveServer(Settings(scripts=tuple(self.scripts)), sock=sock).start()
        except BaseException as error:  # noqa: BLE001 - raised again where the server is needed
            self._error = error
            sock.close()  # whoever has connected would wait for ever

    @property
    def emulator(self) -> "Emulator":
        """The server, started. Raises what kept it from starting."""
        if self._emulator is None:
            self._emulator = self._started() if self.url is None else self._connected(self.url)
        return self._emulator

    def _started(self) -> "Emulator":
        self.start()
        if self._waiting is not None:
            self._waiting.join()
        if self._error is not None:
            raise self._error
        if self._is_closed or self._server is None:
            raise pytest.UsageError(
                "no test had the emulator's fixtures or its marker when tests were collected, so it was stopped"
            )
        return self._server.emulator

    def _connected(self, url: str) -> "Emulator":
        from emulator.harness.emulator import Emulator  # noqa: PLC0415 - as above

        token = self.config.getoption("emulator_token") or os.environ.get("EMULATOR_CONTROL_TOKEN")
        return Emulator.connect(url, token=token)

    # --- what was made before the first test --------------------------------------------------------------------------

    def made_at_import(self) -> bytes | None:
        """Return what clients made before the first test, as a snapshot, with which each test begins."""
        if not self._has_base:
            self._has_base = True
            from emulator.harness.namespace import Namespace  # noqa: PLC0415 - as above

            namespace = Namespace(self.emulator, self.name)
            if namespace.exists():
                self.base = namespace.snapshot("made-at-import").read()
        return self.base

    # --- the end ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop the server, and leave the environment as it was."""
        if self._is_closed:
            return
        self._is_closed = True
        self.environment.restore()
        self._knock()
        if self._waiting is not None:
            self._waiting.join()
        if self._emulator is not None:
            if self.url is not None:
                self._leave(self._emulator)
            self._emulator.close()
        if self._server is not None:
            self._server.stop()
        if self._socket is not None:
            self._socket.close()

    def _leave(self, emulator: "Emulator") -> None:
        """Leave a server elsewhere as it was, but for what is to be kept."""
        from emulator.harness.namespace import Namespace  # noqa: PLC0415 - as above

        emulator.namespace(self.name).delete()
        for name in () if self.is_left_open else self.kept:
            Namespace(emulator, name).delete()
