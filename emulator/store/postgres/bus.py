"""What the processes on one database say to each other, by LISTEN and NOTIFY."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection, sql

from emulator.domain.bus import Leave
from emulator.domain.database_url import DatabaseUrl
from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.postgres.errors import translated_errors

# Seconds between two tries to connect again.
_BETWEEN: Final = 0.2
# Seconds after which a connection that says nothing is looked at: a broken one need not say so.
_SILENCE: Final = 5.0
_log: Final = logging.getLogger(__name__)


class PostgresBus:
    """One connection that listens, and is made again when it is lost. channel: of PostgreSQL."""

    def __init__(self, url: DatabaseUrl, channel: str) -> None:
        self._url = url
        self._channel = channel
        self._calls: dict[str, list[Callable[[str], None]]] = {}
        self._at_gaps: list[Callable[[], None]] = []
        self._listening: AsyncConnection[Any] | None = None
        self._sending: AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether messages are heard now."""
        return self._listening is not None

    async def open(self) -> None:
        """Begin to listen. Raises `UnavailableDatabaseError`."""
        with translated_errors():
            self._listening = await self._connected()
        self._task = asyncio.create_task(self._listen(), name="bus")

    async def aclose(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        for connection in (self._listening, self._sending):
            if connection is not None:
                await connection.close()
        self._listening = self._sending = None

    # --- sending and hearing ----------------------------------------------------------------------------------------

    def subscribe(self, topic: str, call: Callable[[str], None]) -> Leave:
        """Have a call made with each payload of a topic, on the event loop; return what ends that."""
        self._calls.setdefault(topic, []).append(call)
        return partial(self._leave, topic, call)

    def _leave(self, topic: str, call: Callable[[str], None]) -> None:
        calls = self._calls.get(topic, [])
        with suppress(ValueError):
            calls.remove(call)
        if not calls:
            self._calls.pop(topic, None)

    def on_gap(self, call: Callable[[], None]) -> Leave:
        """Have a call made when messages may have been lost, after the connection is back; return what ends that."""
        self._at_gaps.append(call)
        return partial(self._at_gaps.remove, call)

    async def send(self, topic: str, payload: str) -> None:
        """Send a message at once, in no transaction. Raises `UnavailableDatabaseError`."""
        async with self._turn:
            with translated_errors():
                try:
                    await self._send(f"{topic}\n{payload}")
                except psycopg.OperationalError:
                    if self._sending is not None and not self._sending.closed:
                        raise
                    await self._send(f"{topic}\n{payload}")  # it was lost before, and nobody had noticed

    async def _send(self, message: str) -> None:
        if self._sending is None or self._sending.closed:
            self._sending = await AsyncConnection.connect(self._url.text, autocommit=True)
        await self._sending.execute("SELECT pg_notify(%s, %s)", (self._channel, message))

    # --- listening --------------------------------------------------------------------------------------------------

    async def _connected(self) -> AsyncConnection[Any]:
        connection = await AsyncConnection.connect(self._url.text, autocommit=True)
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        return connection

    async def _listen(self) -> None:
        while True:
            try:
                if self._listening is None:
                    self._listening = await self._connected()
                    for call in tuple(self._at_gaps):
                        call()
                await self._hear(self._listening)
            except psycopg.Error as error:
                if self._listening is not None:
                    _log.warning("the database cannot be reached: %s", self._url.scrubbed(str(error)))
                await self._lose()
                await _pause(_BETWEEN)

    async def _hear(self, connection: AsyncConnection[Any]) -> None:
        while True:
            async for note in connection.notifies(timeout=_SILENCE):
                topic, _, payload = note.payload.partition("\n")
                for call in tuple(self._calls.get(topic, ())):
                    call(payload)
            await connection.execute("SELECT 1")

    async def _lose(self) -> None:
        lost, self._listening = self._listening, None
        if lost is not None:
            with suppress(psycopg.Error, UnavailableDatabaseError):
                await lost.close()


async def _pause(seconds: float) -> None:
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()
