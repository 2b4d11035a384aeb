"""A namespace, as tests see it: where its clients go, what happens in it, and what is to happen."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.domain.request_order import PATIENCE
from emulator.harness import clients
from emulator.harness.clocks import Clock
from emulator.harness.control import NamespaceControl
from emulator.harness.copy_methods import CopyMethods
from emulator.harness.environment import variables
from emulator.harness.errors import ControlError
from emulator.harness.fault_methods import FaultMethods
from emulator.harness.inspector import Pages
from emulator.harness.methods import Server
from emulator.harness.names import namespace_name
from emulator.harness.programs import Program, together
from emulator.harness.report_methods import ReportMethods
from emulator.harness.requests import Requests
from emulator.harness.run_methods import RunMethods
from emulator.harness.runs import Runs
from emulator.harness.script_methods import ScriptMethods
from emulator.harness.threads import Threads
from emulator.harness.under import Applied, under

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI


class Namespace(ScriptMethods, RunMethods, FaultMethods, CopyMethods, ReportMethods):
    """One namespace of a server: its own data, clock, scripts, faults, request log and report.

    Every method asks the server when it is called, and raises `ControlError` for what it refuses. folder: where the
    paths of scripts begin. recordings: those that were loaded here last.
    """

    def __init__(self, server: Server, name: str, folder: Path | None = None) -> None:
        self._server = server
        self.name = namespace_name(name)
        self.folder = folder or Path()
        self.recordings = ()
        self._control = NamespaceControl(server.control, f"/ns/{self.name}", Pages(server, self.name))
        self.clock = Clock(self._control)
        self.runs = Runs(self._control)
        self.requests = Requests(self._control)
        self.threads = Threads(self._control)

    def __repr__(self) -> str:
        return f"<Namespace {self.name} of {self._server.url}>"

    @property
    def control(self) -> NamespaceControl:
        """The control API of this namespace, for what has no method here: ``ask("GET", "/order")``."""
        return self._control

    @property
    def has_socket(self) -> bool:
        """Whether other processes can reach it."""
        return self._server.has_socket

    # --- where clients go ---------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The base URL for clients of the API."""
        return f"{self._server.url}/ns/{self.name}/v1"

    @property
    def azure_endpoint(self) -> str:
        """The endpoint for Azure's clients."""
        return f"{self._server.url}/ns/{self.name}"

    @property
    def inspector_url(self) -> str:
        """Where a browser shows it. Raises `NoAddressError` for one of a server without a socket."""
        return self._control.pages.overview()

    @property
    def key(self) -> str:
        """An API key that names the namespace, for programs whose base URL names none."""
        return f"sk-emu-{self.name}"

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What a program that reads its settings from the environment has to find there."""
        return variables(self.azure_endpoint, self.key)

    def client(self, **options: Any) -> "OpenAI":
        """Return the official client, bound to this namespace. options: of `openai.OpenAI`."""
        return clients.openai_client(self.base_url, self.key, self._server.shared_transport(), options)

    def async_client(self, **options: Any) -> "AsyncOpenAI":
        """Return the asynchronous client, bound to this namespace."""
        return clients.async_openai_client(self.base_url, self.key, self._server.async_transport(), options)

    def http_client(self) -> Any:
        """Return a client of the HTTP library that `openai` uses; of a server in this process, it needs no socket."""
        return self._server.http_client()

    def async_http_client(self) -> Any:
        """Return the asynchronous one."""
        return self._server.async_http_client()

    # --- programs and schedules ---------------------------------------------------------------------------------------

    def together(self, a: Program, b: Program, order: str = "", *, timeout: float = PATIENCE) -> tuple[Any, Any]:
        """Run two programs beside each other, their requests let in one by one; return what both return.

        a, b: functions, each called on a thread with a client of its own; or commands, as lists, which find the
        namespace in their environment and of which a `CompletedProcess` is returned. order: whose request is the next,
        as ``"abba"``; behind the last letter, and where there is none, they take turns. Who is not due waits in the
        server; who has ended is passed over. timeout: seconds of the machine that one waits for a request of the other;
        then both go on as they like, and `OrderStalledError` says who waited. Raises the error of the program that
        failed first.
        """
        __tracebackhide__ = True
        return together(self, a, b, order, timeout=timeout)

    def under(self, schedule: Applied, *, resilient: bool = False) -> AbstractContextManager[None]:
        """Empty the namespace and apply a schedule to it for a block; at its end `check`.

        schedule: of `emulator.schedules`; its lines are added to whatever the block raises. Scripts stay, and at the
        end pace and chunks are what they were. resilient: `assert_resilient`, too.
        """
        return under(self, schedule, resilient=resilient)

    # --- the whole of it ----------------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Return whether there is such a namespace yet, or still."""
        try:
            self._control.ask("GET", "")
        except ControlError as error:
            if error.status == 404:
                return False
            raise
        return True

    def reset(self) -> None:
        """Empty it: scripts, configuration and fixtures stay, ids and counts begin anew."""
        self._control.ask("POST", "/reset")

    def delete(self) -> None:
        """Delete it with everything in it; no error if it does not exist."""
        try:
            self._control.ask("DELETE", "")
        except ControlError as error:
            if error.status != 404:
                raise
