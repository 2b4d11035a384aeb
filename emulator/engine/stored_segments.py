"""The segments of a run that any process may go on with: at a pause it is left in the store, where it is found again.

So a process has a run in hand only while that moves. What wakes it is a row, and a job in the same transaction. The job
ends with the transaction that leaves the run, so that the next one never waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from emulator.domain import waiting
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.engine import timers
from emulator.engine.action_log import ActionLog
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.script_memory import ScopeMemory
from emulator.engine.segments import RestingRunError, Segments
from emulator.engine.settlements import SETTLED, Settlements, key_of
from emulator.engine.transcripts import StoredTranscript
from emulator.store.database import DatabaseError
from emulator.store.documents import Transaction
from emulator.store.tables import RunProgress, Timer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

T = TypeVar("T")
# The states of a run's progress: see `emulator.store.declaration.RunProgress`.
DUE: Final = "due"
OUTSIDE: Final = "outside"
RESTING: Final = "resting"
PAUSED: Final = "paused"
# Beside the waits of a run that is paused: whether a timer ends the one that is under way.
ALARM: Final = "alarm"
# Seconds of the machine's time for which a job waits for a real clock itself.
SHORT: Final = 1.0
# Seconds after which a job that waits looks what is asked of its run: a message may be lost.
_PATIENCE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Given:
    """What a job begins with.

    tx: the transaction in which the run was read, with which it goes on. segment: how many were played before. pauses:
    what it waits for, kept with each pause. has_timer: whether one that ends a wait stands in the store. has_rung:
    whether one has ended it. job_id: of the job, None where it has none that could be ended.
    """

    tx: Transaction
    segment: int
    pauses: Pauses
    settlements: Settlements
    has_timer: bool = False
    has_rung: bool = False
    job_id: int | None = None


class StoredSegments(Segments):
    """The segments that one job plays."""

    def __init__(
        self,
        namespace: Namespace,
        run_id: str,
        transcript: StoredTranscript,
        log: ActionLog,
        memory: ScopeMemory,
        *,
        given: Given,
    ) -> None:
        super().__init__(namespace, run_id, transcript, log, memory)
        self._given: Transaction | None = given.tx
        self._generation = given.tx.generation
        self._news = asyncio.Event()
        self._segment = given.segment
        self._pauses = given.pauses
        self._settlements = given.settlements
        self._has_timer = given.has_timer
        self._has_rung = given.has_rung
        self._job_id = given.job_id
        self._state = DUE
        self._is_streamed = False
        self._alarm: timers.Alarm | None = None
        self.has_ended_job = False

    # --- segments ---------------------------------------------------------------------------------------------------

    async def _transaction(self) -> Transaction:
        """Return the transaction in which the run was read, and then others, as long as nobody else plays the run."""
        if self._given is not None:
            self._has_signals = True
            tx, self._given = self._given, None
            await self._look_for_readers(tx)
            return tx
        tx = await self.namespace.begin()
        try:
            if (state := await self._state_in(tx)) is None:
                raise RestingRunError(f"{self._run_id} is played elsewhere, or gone")
            await self._look_for_readers(tx)
        except BaseException:
            await tx.roll_back()
            raise
        # Whoever asks something of a run that rests writes that it is due, too.
        if self._state != RESTING or state != RESTING:
            self._has_signals = self._is_stale = True
        return tx

    async def _state_in(self, tx: Transaction) -> str | None:
        """Return the state of the run as the store has it; None where it is not this job any more that plays it."""
        row = await tx.find(RunProgress, run_id=self._run_id) if tx.generation == self._generation else None
        return row["state"] if row is not None and row["segment"] == self._segment else None

    async def _look_for_readers(self, tx: Transaction) -> None:
        """See whether the run is streamed, where that makes a difference."""
        if self.namespace.config.pace.progression == "polls":
            self._is_streamed = await tx.is_streamed(self._run_id)

    def is_streamed(self) -> bool:
        """Return whether a client reads the stream of the run, in whichever process."""
        return self._is_streamed

    async def commit(self) -> None:
        """End the segment: what it wrote is kept, and seen, and how far the run has come."""
        tx, status = self.tx, self.transcript.status
        is_over = status in RUN_TERMINAL
        self._segment += 1
        if is_over:
            tx.delete(RunProgress, run_id=self._run_id)
            tx.delete(Timer, owner=self._run_id)
        else:
            about = {"state": self._state, "segment": self._segment, "status": status}
            pauses = {**self._pauses.state(), ALARM: self._state == PAUSED and self._alarm is not None}
            state = {"pauses": pauses, "told": self.transcript.state()}
            tx.update(RunProgress, self._run_id, by={"run_id": self._run_id}, **about, **state)
            await self._set_timer()
        ends_job = self._job_id is not None and (is_over or self._state == PAUSED)
        if ends_job and self._job_id is not None:
            tx.end_job(self._job_id)
        if is_over or self._state != DUE:
            key = key_of(self.namespace.name, self._thread_id)
            tx.notify(SETTLED, key)
            tx.after_commit(lambda: self._settlements.say(key))
        await super().commit()
        self.has_ended_job = ends_job

    @property
    def _thread_id(self) -> str:
        return self._log.thread_id

    async def _set_timer(self) -> None:
        """Let the alarm stand in the store that ends the wait, and no other."""
        if self._has_timer:
            tx, self._has_timer = self.tx, False
            tx.delete(Timer, owner=self._run_id, kind=timers.WAIT)
            tx.delete(Timer, owner=self._run_id, kind=timers.AWAITED_EXPIRY)
        if self._state == PAUSED and self._alarm is not None:
            await timers.set_alarm(self.namespace, self.tx, self._alarm)
            self._has_timer = True

    # --- pauses -----------------------------------------------------------------------------------------------------

    async def pause(self, what: str, is_over: Callable[[], bool]) -> None:
        """Leave the run in the store, unless something is over. what: see `emulator.domain.waiting`.

        Raises `RestingRunError`.
        """
        if is_over():
            return
        await self._expire_if_late()
        self.transcript.wait_for(what)
        self._state = PAUSED
        await self.commit()
        raise RestingRunError(f"{self._run_id} waits")

    async def _expire_if_late(self) -> None:
        """End a run that came into the store when its time was over; nobody moves a frozen clock there once more."""
        when, clock = self.transcript.expires_at, self.namespace.clock
        if when is None or self._is_ending or clock.mode != "frozen" or when > clock.now():
            return
        if await self.tx.find(Timer, owner=self._run_id, kind=timers.EXPIRY) is None:
            self.interrupt(Signal.EXPIRE)

    async def sleep_until(self, when: float) -> None:
        """Wait for the namespace's clock."""
        clock, has_rung = self.namespace.clock, self._has_rung
        self._has_rung = False
        while (
            not has_rung and (left := when - clock.now()) > 0 and clock.mode == "real" and left <= SHORT * clock.speed
        ):
            await self._rest(left / clock.speed)
        has_come = has_rung or when <= clock.now()
        self._alarm = timers.Alarm(self._run_id, timers.WAIT, when, is_delay=True)
        await self.pause(waiting.CLOCK, lambda: has_come)
        self._alarm = None

    async def _rest(self, seconds: float) -> None:
        """Wait for some of the machine's time, with the run in hand, until somebody asks something of it."""
        self._state = RESTING
        self.transcript.wait_for(waiting.CLOCK)
        await self.commit()
        self._sleep = asyncio.get_running_loop().create_future()
        timer = asyncio.get_running_loop().call_later(seconds, self._wake)
        try:
            async with self._looking():
                await self._sleep
        finally:
            timer.cancel()
            self._sleep = None
        await self.begin()
        self._state = DUE

    async def wait_for_expiry(self) -> None:
        """Wait for the end of the run's time, as the script asks: a clock that becomes auto goes there at once."""
        if (when := self.transcript.expires_at) is not None:
            self._alarm = timers.Alarm(self._run_id, timers.AWAITED_EXPIRY, when, is_delay=True)
            await self.pause(waiting.EXPIRY, lambda: False)

    # --- between two segments ---------------------------------------------------------------------------------------

    async def outside(self, call: Callable[[], Awaitable[T]], what: str | None = None) -> T:
        """Wait for a call of something else than the store, which the end of the run breaks off."""
        self._state = OUTSIDE
        try:
            return await super().outside(lambda: self._look_beside(call), what)
        finally:
            self._state = DUE

    async def _look_beside(self, call: Callable[[], Awaitable[T]]) -> T:
        async with self._looking():
            return await call()

    @asynccontextmanager
    async def _looking(self) -> "AsyncIterator[None]":
        """Look from time to time what is asked of the run, while the block waits for something else."""
        self._news.clear()
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()

    def notify(self, signal: Signal | None) -> None:  # noqa: ARG002 - the store says what is asked
        """Look into the store, where something has been put."""
        self._news.set()

    async def _look(self) -> None:
        while True:
            timer = asyncio.get_running_loop().call_later(_PATIENCE, self._news.set)
            await self._news.wait()
            timer.cancel()
            self._news.clear()
            try:
                async with self.namespace.transaction() as tx:
                    state = await self._state_in(tx)
            except (*DatabaseError, ApiError):  # whoever waits notices that in the end, too; the latter: it is deleted
                continue
            if state != self._state:
                self._wake(Signal.CANCEL)
                return

    async def yield_to_loop(self) -> None:
        """Keep what there is, and let others go first; those who read the stream of the run take it from the store.

        Where one of them has too much still to read, the run is left there until it has read on, or has gone.
        """
        if await self.tx.waits_for_readers(self._run_id):
            await self.pause(waiting.READER, lambda: False)
        self.transcript.wait_for(None)
        await self.commit()
        await self.namespace.clock.yield_to_loop()
        await self.begin()

    def _watch_expiry(self) -> None:
        """Do nothing: it stands in the store as long as the run is not over."""

    def stop(self) -> None:
        """Do nothing more."""
        self._is_stopped = True
        self.end()
