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
from emulator.machine_time import pass_seconds
from emulator.store.postgres.connecting import CONNECTING
from emulator.store.postgres.errors import translated_errors

# Seconds between the first two tries to connect again, and at most.
_BETWEEN: Final = 0.1
_MOST_BETWEEN: Final = 2.0
# Seconds after which a connection that says nothing is looked at, and until it has to answer: a broken one need not
# say so.
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
            await self._listen_on(await self._connected())
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
                if self._sending is not None:
                    try:
                        await self._send(self._sending, topic, payload)
                    except psycopg.OperationalError:  # it was lost since the last message; heard twice does no harm
                        await self._sending.close()
                    else:
                        return
                self._sending = await self._connected()
                await self._send(self._sending, topic, payload)

    async def _send(self, connection: AsyncConnection[Any], topic: str, payload: str) -> None:
        await connection.execute("SELECT pg_notify(%s, %s)", (self._channel, f"{topic}\n{payload}"))

    # --- listening --------------------------------------------------------------------------------------------------

    async def _connected(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(self._url.text, **CONNECTING)

    async def _listen_on(self, connection: AsyncConnection[Any]) -> None:
        try:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        except BaseException:
            await connection.close()
            raise
        self._listening = connection

    async def _listen(self) -> None:
        pause = _BETWEEN
        while True:
            try:
                if self._listening is None:
                    await self._listen_on(await self._connected())
                    _log.info("the database is reached again")
                    for call in tuple(self._at_gaps):
                        _made(call)
                pause = _BETWEEN
                await self._hear()
            except (psycopg.Error, TimeoutError) as error:
                if self._listening is not None:
                    said = self._url.scrubbed(str(error)) or "it does not answer"
                    _log.warning("the database cannot be reached: %s", said)
                await self._lose()
                await pass_seconds(pause)
                pause = min(2 * pause, _MOST_BETWEEN)

    async def _hear(self) -> None:
        while (connection := self._listening) is not None:
            async for note in connection.notifies(timeout=_SILENCE):
                topic, _, payload = note.payload.partition("\n")
                for call in tuple(self._calls.get(topic, ())):
                    _made(partial(call, payload))
            async with asyncio.timeout(_SILENCE):
                await connection.execute("SELECT 1")

    async def _lose(self) -> None:
        lost, self._listening = self._listening, None
        if lost is not None:
            with suppress(psycopg.Error):
                await lost.close()


def _made(call: Callable[[], None]) -> None:
    """Make a call; one that is broken keeps nobody else from hearing."""
    try:
        call()
    except Exception:  # noqa: BLE001 - whatever it is, the others are to hear
        _log.exception("a message was not understood")
