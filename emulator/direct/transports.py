"""Transports of the HTTP library that call an app, with the library's own errors and time-outs.

What breaks is what breaks over a socket: no answer in time is a `ReadTimeout`, a body that the app does not take in
time a `WriteTimeout`; an answer that ends too early, or never begins, is a `RemoteProtocolError`, and a `ReadError`
where the app resets the connection; a server that does not run is a `ConnectError`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, Self

from emulator.direct.cycle import Cycle, scope_of
from emulator.direct.loops import AppLoop, NotRunningError
from emulator.domain.broken_connection import BrokenConnectionError


class _Errors:
    """What a cycle that goes wrong is to the library."""

    def __init__(self, library: Any, loop: AppLoop) -> None:
        self._library = library
        self._loop = loop

    @contextmanager
    def ending(self, cycle: Cycle) -> Iterator[None]:
        """Raise errors of the library; whatever is raised ends the cycle."""
        try:
            yield
        except NotRunningError as error:
            raise self._library.ConnectError(str(error)) from None
        except BaseException:
            self._loop.post(cycle.disconnect)
            raise

    def check_read(self, is_in_time: bool) -> None:  # noqa: FBT001 - what `AppLoop.wait` returns
        if not is_in_time:
            raise self._library.ReadTimeout("The read operation timed out")

    def check_write(self, is_in_time: bool) -> None:  # noqa: FBT001 - as above
        if not is_in_time:
            raise self._library.WriteTimeout("The write operation timed out")

    def check_head(self, cycle: Cycle) -> None:
        """Raise an error unless an answer has begun."""
        if cycle.status is None:
            self._check_failure(cycle)
            raise self._library.RemoteProtocolError("Server disconnected without sending a response.")

    def check_end(self, cycle: Cycle) -> None:
        """Raise an error unless the answer is whole."""
        if not cycle.is_whole:
            self._check_failure(cycle)
            progress = cycle.progress
            why = "incomplete chunked read" if progress is None else "received {} bytes, expected {}".format(*progress)
            raise self._library.RemoteProtocolError(
                f"peer closed connection without sending complete message body ({why})"
            )

    def _check_failure(self, cycle: Cycle) -> None:
        failure = cycle.failure
        if isinstance(failure, BrokenConnectionError) and failure.is_reset:
            raise self._library.ReadError("Connection reset by peer")
        # A test that is interrupted while it runs the app itself, say: that is no matter of the connection.
        if failure is not None and not isinstance(failure, Exception):
            raise failure


class _Transport:
    """What both transports share."""

    def __init__(self, library: Any, loop: AppLoop) -> None:
        self._library = library
        self._loop = loop
        self._errors = _Errors(library, loop)
        self._sync_body, self._async_body = _bodies(library)

    def _cycle(self, request: Any) -> tuple[Cycle, bool]:
        """Return the cycle of a request, and whether its body is still to be fed."""
        url = request.url
        scope = scope_of(
            request.method, url.raw_path, request.headers.raw, scheme=url.scheme, host=url.host, port=url.port
        )
        try:
            return Cycle(self._loop.site, scope, request.content), False
        except self._library.RequestNotRead:
            return Cycle(self._loop.site, scope, b"", more=True), True

    def _response(self, cycle: Cycle, body: Any) -> Any:
        extensions = {"http_version": b"HTTP/1.1"}
        return self._library.Response(cycle.status, headers=cycle.headers, stream=body, extensions=extensions)


class Transport(_Transport):
    """For the library's `Client`."""

    def handle_request(self, request: Any) -> Any:
        """Send a request, and return the answer once it has begun."""
        limits = request.extensions.get("timeout") or {}
        cycle, is_fed = self._cycle(request)
        errors, read = self._errors, limits.get("read")
        with errors.ending(cycle):
            if is_fed:
                self._feed(cycle, request.stream, limits.get("write"))
            else:
                errors.check_read(self._loop.wait(cycle.ask, read))
            while cycle.status is None and not cycle.is_over:
                errors.check_read(self._loop.wait(cycle.watch, read))
            errors.check_head(cycle)
        return self._response(cycle, self._sync_body(cycle, self._loop, errors, read))

    def _feed(self, cycle: Cycle, stream: Any, write: float | None) -> None:
        check, wait = self._errors.check_write, self._loop.wait
        check(wait(cycle.start, write))
        for piece in stream:
            check(wait(partial(cycle.feed, piece), write))
        check(wait(partial(cycle.feed, b"", more=False), write))

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncTransport(_Transport):
    """For the library's `AsyncClient`, on asyncio."""

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request, and return the answer once it has begun."""
        limits = request.extensions.get("timeout") or {}
        cycle, is_fed = self._cycle(request)
        errors, read = self._errors, limits.get("read")
        with errors.ending(cycle):
            if is_fed:
                await self._feed(cycle, request.stream, limits.get("write"))
            else:
                errors.check_read(await self._loop.wait_async(cycle.ask, read))
            while cycle.status is None and not cycle.is_over:
                errors.check_read(await self._loop.wait_async(cycle.watch, read))
            errors.check_head(cycle)
        return self._response(cycle, self._async_body(cycle, self._loop, errors, read))

    async def _feed(self, cycle: Cycle, stream: Any, write: float | None) -> None:
        check, wait = self._errors.check_write, self._loop.wait_async
        check(await wait(cycle.start, write))
        async for piece in stream:
            check(await wait(partial(cycle.feed, piece), write))
        check(await wait(partial(cycle.feed, b"", more=False), write))

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class _Body:
    """The body of an answer, read as it comes."""

    def __init__(self, cycle: Cycle, loop: AppLoop, errors: _Errors, read: float | None) -> None:
        self._cycle = cycle
        self._loop = loop
        self._errors = errors
        self._read = read

    def __iter__(self) -> Iterator[bytes]:
        cycle, errors = self._cycle, self._errors
        with errors.ending(cycle):
            is_over = False
            while not is_over:
                is_over = cycle.is_over  # before the pieces are taken: more may come meanwhile
                if piece := cycle.take():
                    yield piece
                elif not is_over:
                    errors.check_read(self._loop.wait(cycle.watch, self._read))
            errors.check_end(cycle)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        cycle, errors = self._cycle, self._errors
        with errors.ending(cycle):
            is_over = False
            while not is_over:
                is_over = cycle.is_over  # as above
                if piece := cycle.take():
                    yield piece
                elif not is_over:
                    errors.check_read(await self._loop.wait_async(cycle.watch, self._read))
            errors.check_end(cycle)

    def close(self) -> None:
        """Go away; the app is told unless the answer is whole."""
        if not self._cycle.is_over:
            self._loop.post(self._cycle.disconnect)

    async def aclose(self) -> None:
        """Do the same."""
        self.close()


@lru_cache
def _bodies(library: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the classes of bodies that the library's clients take."""
    return (
        type("SyncBody", (_Body, library.SyncByteStream), {}),
        type("AsyncBody", (_Body, library.AsyncByteStream), {}),
    )
