"""The segments of a run that any process may go on with: at a pause it is left in the store, where it is found again.

So a process has a run in hand only while that moves. What wakes it is a row, and a job in the same transaction.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from emulator.domain import waiting
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.engine import timers
from emulator.engine.action_log import ActionLog
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.script_memory import ScopeMemory
from emulator.engine.segments import RestingRunError, Segments
from emulator.engine.settlements import SETTLED, key_of
from emulator.engine.transcripts import StoredTranscript
from emulator.store.documents import Transaction
from emulator.store.tables import RunProgress, Timer

T = TypeVar("T")
# The states of a run's progress: see `emulator.store.declaration.RunProgress`.
DUE: Final = "due"
OUTSIDE: Final = "outside"
PAUSED: Final = "paused"


class StoredSegments(Segments):
    """The segments that one job plays.

    tx: the transaction in which the run was read, with which it goes on. segment: how many were played before. pauses:
    what it waits for, kept with each pause. has_timers: whether some stand in the store.
    """

    def __init__(
        self,
        namespace: Namespace,
        run_id: str,
        transcript: StoredTranscript,
        log: ActionLog,
        memory: ScopeMemory,
        *,
        tx: Transaction,
        segment: int,
        pauses: Pauses,
    ) -> None:
        super().__init__(namespace, run_id, transcript, log, memory)
        self._given: Transaction | None = tx
        self._segment = segment
        self._has_timers = segment > 0
        self._pauses = pauses
        self._state = DUE
        self._is_streamed = False
        self._alarm: timers.Alarm | None = None

    async def _transaction(self) -> Transaction:
        """Return the transaction in which the run was read, and then others, as long as nobody else plays the run."""
        self._has_signals = True  # whoever asks something of the run does so in the store
        if self._given is not None:
            tx, self._given = self._given, None
            await self._look_for_readers(tx)
            return tx
        self._is_stale = True
        tx = await self.namespace.begin()
        try:
            row = await tx.find(RunProgress, run_id=self._run_id)
            if row is None or row["segment"] != self._segment:
                raise RestingRunError(f"{self._run_id} is played elsewhere, or gone")
            await self._look_for_readers(tx)
        except BaseException:
            await tx.roll_back()
            raise
        return tx

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
        self._segment += 1
        if status in RUN_TERMINAL:
            tx.delete(RunProgress, run_id=self._run_id)
        else:
            about = {"state": self._state, "segment": self._segment, "status": status}
            state = {"pauses": self._pauses.state(), "told": self.transcript.state()}
            tx.update(RunProgress, self._run_id, by={"run_id": self._run_id}, **about, **state)
        if self._has_timers:
            tx.delete(Timer, owner=self._run_id)
            self._has_timers = False
        if self._state == PAUSED:
            await self._set_timers()
        if self._state != DUE or status in RUN_TERMINAL:
            tx.notify(SETTLED, key_of(self.namespace.name, self._thread_id))
        await super().commit()

    @property
    def _thread_id(self) -> str:
        return self._log.thread_id

    async def _set_timers(self) -> None:
        when = self.transcript.expires_at
        if when is not None and not self._is_ending:
            is_awaited = self._alarm is not None and self._alarm.kind == timers.EXPIRY
            await self._set(timers.Alarm(self._run_id, timers.EXPIRY, when, is_delay=is_awaited))
        if self._alarm is not None and self._alarm.kind == timers.WAIT:
            await self._set(self._alarm)

    async def _set(self, alarm: timers.Alarm) -> None:
        await timers.set_alarm(self.namespace, self.tx, alarm)
        self._has_timers = True

    # --- pauses -----------------------------------------------------------------------------------------------------

    async def pause(self, what: str, is_over: Callable[[], bool]) -> None:
        """Leave the run in the store, unless something is over. what: see `emulator.domain.waiting`.

        Raises `RestingRunError`.
        """
        if is_over():
            return
        self._expire_if_late()
        self.transcript.wait_for(what)
        self._state = PAUSED
        await self.commit()
        raise RestingRunError(f"{self._run_id} waits")

    def _expire_if_late(self) -> None:
        """End a run whose time was over while nobody played it; nobody moves a frozen clock there once more."""
        when, clock = self.transcript.expires_at, self.namespace.clock
        if when is not None and not self._is_ending and clock.mode == "frozen" and when <= clock.now():
            self.interrupt(Signal.EXPIRE)

    async def sleep_until(self, when: float) -> None:
        """Wait for the namespace's clock."""
        has_come = when <= self.namespace.clock.now()
        self._alarm = timers.Alarm(self._run_id, timers.WAIT, when, is_delay=True)
        await self.pause(waiting.CLOCK, lambda: has_come)
        self._alarm = None

    async def wait_for_expiry(self) -> None:
        """Wait for the end of the run's time, as the script asks: a clock that becomes auto goes there at once."""
        if (when := self.transcript.expires_at) is not None:
            self._alarm = timers.Alarm(self._run_id, timers.EXPIRY, when, is_delay=True)
            await self.pause(waiting.EXPIRY, lambda: False)

    # --- between two segments ---------------------------------------------------------------------------------------

    async def outside(self, call: Callable[[], Awaitable[T]], what: str | None = None) -> T:
        """Wait for a call of something else than the store, which the end of the run breaks off."""
        self._state = OUTSIDE
        try:
            return await super().outside(call, what)
        finally:
            self._state = DUE

    async def yield_to_loop(self) -> None:
        """Keep what there is, and let others go first; those who read the stream of the run take it from the store."""
        self.transcript.wait_for(None)
        await self.commit()
        await self.namespace.clock.yield_to_loop()
        await self.begin()

    def _watch_expiry(self) -> None:
        """Do nothing: while the run moves, its time does not end."""

    def stop(self) -> None:
        """Do nothing more."""
        self._is_stopped = True
        self.end()
