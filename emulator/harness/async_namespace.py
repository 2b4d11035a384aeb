"""A namespace whose methods are awaited: each call of the control API is made on a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from emulator.domain.request_order import PATIENCE
from emulator.harness.clocks import Clock
from emulator.harness.control import NamespaceControl
from emulator.harness.namespace import Namespace
from emulator.harness.programs import AsyncProgram, together_async
from emulator.harness.requests import Requests
from emulator.harness.runs import Runs
from emulator.harness.threads import Threads
from emulator.harness.under import Applied, under_async

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")


class _Awaited:
    def __init__(self, sync: Any) -> None:
        self._sync = sync


def _awaited(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[Any, P], Awaitable[T]]:
    """Return a method that does on a thread what another one does at once."""

    @wraps(method)
    async def on_thread(self: _Awaited, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.to_thread(method, self._sync, *args, **kwargs)

    return on_thread


def _read(name: str) -> Callable[[Any], Awaitable[Any]]:
    """Return a method that reads on a thread what is an attribute of the other object."""

    async def on_thread(self: _Awaited) -> Any:
        return await asyncio.to_thread(getattr, self._sync, name)

    return on_thread


class AsyncClock(_Awaited):
    """The clock of a namespace: see `Clock`."""

    now = _read("now")
    mode = _read("mode")
    freeze = _awaited(Clock.freeze)
    auto = _awaited(Clock.auto)
    real = _awaited(Clock.real)
    advance = _awaited(Clock.advance)


class AsyncRuns(_Awaited):
    """The runs of a namespace: see `Runs`. What they know more than their summary is read when it is asked for."""

    list = _awaited(Runs.list)
    get = _awaited(Runs.get)
    last = _read("last")
    timeline_svg = _awaited(Runs.timeline_svg)

    def inspector_url(self, run: Any) -> str:
        """Return where a browser shows a run; nothing is asked for that."""
        url: str = self._sync.inspector_url(run)
        return url


class AsyncRequests(_Awaited):
    """The request log of a namespace: see `Requests`."""

    last = _read("last")
    list = _awaited(Requests.list)
    count = _awaited(Requests.count)
    assert_called = _awaited(Requests.assert_called)
    assert_not_called = _awaited(Requests.assert_not_called)
    clear = _awaited(Requests.clear)


class AsyncThreads(_Awaited):
    """The threads of a namespace: see `Threads`."""

    last = _read("last")
    newest = _awaited(Threads.newest)
    dialogues = _awaited(Threads.dialogues)
    list = _awaited(Threads.list)
    get = _awaited(Threads.get)
    transcript = _awaited(Threads.transcript)
    export = _awaited(Threads.export)

    def inspector_url(self, thread: Any) -> str:
        """Return where a browser shows a thread; nothing is asked for that."""
        url: str = self._sync.inspector_url(thread)
        return url


class AsyncControl(_Awaited):
    """The control API of a namespace: see `NamespaceControl`."""

    ask = _awaited(NamespaceControl.ask)
    send = _awaited(NamespaceControl.send)
    read = _awaited(NamespaceControl.read)


class AsyncNamespace(_Awaited):
    """One namespace of a server: see `Namespace`, which ``sync`` is. Its attributes that ask the server are methods."""

    def __init__(self, sync: Namespace) -> None:
        super().__init__(sync)
        self.sync = sync
        self.name = sync.name
        self.base_url = sync.base_url
        self.azure_endpoint = sync.azure_endpoint
        self.key = sync.key
        self.environment = sync.environment
        self.has_socket = sync.has_socket
        self.control = AsyncControl(sync.control)
        self.clock = AsyncClock(sync.clock)
        self.runs = AsyncRuns(sync.runs)
        self.requests = AsyncRequests(sync.requests)
        self.threads = AsyncThreads(sync.threads)

    def __repr__(self) -> str:
        return f"<Async{repr(self.sync)[1:]}"

    @property
    def inspector_url(self) -> str:
        """Where a browser shows it: see `Namespace.inspector_url`."""
        return self.sync.inspector_url

    def client(self, **options: Any) -> "AsyncOpenAI":
        """Return the asynchronous official client, bound to this namespace."""
        return self.sync.async_client(**options)

    def http_client(self) -> Any:
        """Return an asynchronous client of the HTTP library that `openai` uses."""
        return self.sync.async_http_client()

    async def together(
        self,
        a: AsyncProgram,
        b: AsyncProgram,
        order: str = "",
        *,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - of the server: see `Namespace.together`
    ) -> tuple[Any, Any]:
        """Run two programs as `Namespace.together` does: asynchronous functions on this event loop, or commands."""
        __tracebackhide__ = True
        return await together_async(self.sync, a, b, order, patience=timeout)

    def under(self, schedule: Applied, *, resilient: bool = False) -> AbstractAsyncContextManager[None]:
        """Do as `Namespace.under` does, with ``async with``."""
        return under_async(self.sync, schedule, resilient=resilient)

    load = _awaited(Namespace.load)
    match = _awaited(Namespace.match)
    configure = _awaited(Namespace.configure)
    pace = _awaited(Namespace.pace)
    fault = _awaited(Namespace.fault)
    faults = _read("faults")
    clear_faults = _awaited(Namespace.clear_faults)
    stub = _awaited(Namespace.stub)
    stubs = _read("stubs")
    clear_stubs = _awaited(Namespace.clear_stubs)
    step = _awaited(Namespace.step)
    hold = _awaited(Namespace.hold)
    release = _awaited(Namespace.release)
    cancel = _awaited(Namespace.cancel)
    expire = _awaited(Namespace.expire)
    snapshots = _read("snapshots")
    snapshot = _awaited(Namespace.snapshot)
    restore = _awaited(Namespace.restore)
    fork = _awaited(Namespace.fork)
    import_objects = _awaited(Namespace.import_objects)
    import_recording = _awaited(Namespace.import_recording)
    exists = _awaited(Namespace.exists)
    reset = _awaited(Namespace.reset)
    delete = _awaited(Namespace.delete)
    report = _awaited(Namespace.report)
    coverage = _awaited(Namespace.coverage)
    clear_coverage = _awaited(Namespace.clear_coverage)
    check = _awaited(Namespace.check)
    verdict = _awaited(Namespace.verdict)
    assert_resilient = _awaited(Namespace.assert_resilient)
    parity_record = _awaited(Namespace.parity_record)
