"""The segments of a run: what it does between two pauses is one transaction, and at a pause it is settled.

Whoever asks something of a run writes it into the store; here the run learns that it has to look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeVar

from emulator.domain import waiting
from emulator.domain.errors import EmulatorError
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.domain.ports import Timer
from emulator.engine import holds, scheduled_ends
from emulator.engine.action_log import ActionLog
from emulator.engine.namespace import Namespace
from emulator.engine.script_memory import ScopeMemory
from emulator.engine.transcripts import StoredTranscript
from emulator.store.documents import Transaction
from emulator.store.tables import RunSignal

T = TypeVar("T")
_ENDS: Final = (Signal.CANCEL, Signal.EXPIRE)


class InterruptedRunError(EmulatorError):
    """The run is to end, whatever it was doing. signal: cancel or expire."""

    def __init__(self, signal: Signal) -> None:
        super().__init__(signal.value)
        self.signal = signal


class RestingRunError(EmulatorError):
    """The run goes on in another task, here or elsewhere: this one has nothing more to do."""


class Segments:
    """The segments of one run.

    transcript: what it writes through. tx: the transaction of the segment. settled: set while nothing can continue
    without the clock or the client. reachable: set while the run can at least be ended. held_at: the statuses at which
    it is held by hand. ends_at: how it ends, by the status at which it does.
    """

    tx: Transaction

    def __init__(
        self, namespace: Namespace, run_id: str, transcript: StoredTranscript, log: ActionLog, memory: ScopeMemory
    ) -> None:
        self.namespace = namespace
        self.transcript = transcript
        self._log = log
        self._memory = memory
        self.settled = asyncio.Event()
        self.reachable = asyncio.Event()
        self.held_at: frozenset[str] = frozenset()
        self.ends_at: Mapping[str, Signal] = {}
        self._run_id = run_id
        self._is_open = False
        self._is_stale = self._has_signals = log.is_resumed
        self._inbox: set[tuple[Signal, str | None]] = set()
        self._sleep: asyncio.Future[None] | None = None
        self._outside: asyncio.Task[Any] | None = None
        self._expiry: Timer | None = None
        self._rang = False
        self._is_ending = self._is_interrupted = self._is_stopped = False

    # --- from outside -----------------------------------------------------------------------------------------------

    def notify(self, signal: Signal | None) -> None:
        """Look into the store, where a signal, or a hold or an end at a status (None), has been put, and go on."""
        self._has_signals = self._is_stale = True
        self._wake(signal)

    def changed(self) -> None:
        """Read anew what others may have changed, at the next segment."""
        self._is_stale = True

    def _expire(self) -> None:
        self._inbox.add((Signal.EXPIRE, None))
        self._wake(Signal.EXPIRE)

    def _wake(self, signal: Signal | None = None) -> None:
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)
        elif self._outside is not None and signal in _ENDS and not self._is_interrupted:
            self._is_interrupted = True
            self._outside.cancel()
        else:
            return  # it goes on already, or waits for something else
        self.settled.clear()
        self.reachable.clear()

    def stop(self) -> None:
        """Wake up no more, and let those go who wait."""
        self._is_stopped = True
        self.end()
        if self._expiry is not None:
            self._expiry.cancel()

    def is_streamed(self) -> bool:
        """Return whether a client reads the stream of the run."""
        return self.namespace.documents.journal.is_streamed(self.namespace.name, self._run_id)

    def end(self) -> None:
        """Say that nothing continues any more."""
        self.settled.set()
        self.reachable.set()

    # --- segments ---------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Begin a segment with all that was asked of the run; raise `InterruptedRunError` if it is to end."""
        self._use(await self._transaction())
        if self._is_stale:
            self._is_stale = False
            await self.transcript.load()
        await self.transcript.count_published()
        if self._has_signals:
            await self._take_signals()
        if not self._is_ending:
            self._check_end()

    async def begin_anew(self, transcript: StoredTranscript) -> None:
        """Begin a segment with another transcript, which has forgotten what was not kept."""
        self.transcript = transcript
        self._use(await self._transaction())
        await transcript.load()
        await transcript.count_published()

    async def _transaction(self) -> Transaction:
        return await self.namespace.begin()

    def _use(self, tx: Transaction) -> None:
        self.tx = tx
        self._is_open = True
        self.transcript.use(tx)

    async def _take_signals(self) -> None:
        """Read what was asked of the run. What lets it go on stays in the store until it has gone on."""
        self._has_signals = False
        rows = await self.tx.all(RunSignal, run_id=self._run_id)
        self.held_at, self.ends_at = holds.statuses_among(rows), scheduled_ends.ends_among(rows)
        taken = [row for row in rows if row["signal"] not in (holds.HOLD, scheduled_ends.END)]
        asked = {(Signal(row["signal"]), row["data"].get("name")) for row in taken}
        self._inbox |= asked
        for signal in {signal for signal, _ in asked} - waiting.ENDS_A_WAIT:
            self.tx.delete(RunSignal, run_id=self._run_id, signal=signal)

    def _check_end(self) -> None:
        status = self.transcript.status
        if status in ("cancelling", "cancelled"):  # an API may end a run at once
            self.interrupt(Signal.CANCEL)
        if (Signal.EXPIRE, None) in self._inbox and status not in RUN_TERMINAL:
            self.interrupt(Signal.EXPIRE)

    def interrupt(self, signal: Signal) -> None:
        """End the run, whatever it was doing, by `InterruptedRunError`. signal: cancel, which has begun, or expire."""
        self._is_ending = True
        raise InterruptedRunError(signal)

    async def commit(self) -> None:
        """End the segment: what it wrote is kept, and seen."""
        if self.transcript.status not in RUN_TERMINAL:
            self._log.write(self.tx)
        elif self._inbox or self.held_at or self.ends_at:
            self.tx.delete(RunSignal, run_id=self._run_id)
        self._memory.write(self.tx)
        self._is_open = False
        await self.tx.commit()

    async def roll_back(self) -> None:
        """Drop the segment, if one is open."""
        if self._is_open:
            self._is_open = False
            await self.tx.roll_back()

    # --- pauses -----------------------------------------------------------------------------------------------------

    async def pause(self, what: str, is_over: Callable[[], bool]) -> None:
        """Wait until something is over, which is looked at in every segment. what: see `emulator.domain.waiting`."""
        while not is_over():
            self.transcript.wait_for(what)
            await self.commit()
            self._watch_expiry()
            self._sleep = asyncio.get_running_loop().create_future()
            self.settled.set()
            self.reachable.set()
            try:
                await self._sleep
            finally:
                self._sleep = None
            await self.begin()

    def took(self, signal: Signal, name: str | None = None) -> bool:
        """Return whether a signal has come, which is used up by that. name: of the breakpoint that is released."""
        if (signal, name) not in self._inbox:
            return False
        self._inbox.remove((signal, name))
        self.tx.delete(RunSignal, run_id=self._run_id, signal=signal)
        return True

    async def sleep_until(self, when: float) -> None:
        """Wait for the namespace's clock."""
        self._rang = when <= self.namespace.clock.now()  # it came there while nobody played the run
        timer = self.namespace.clock.call_at(when, self._ring, delay=True)
        try:
            await self.pause(waiting.CLOCK, lambda: self._rang)
        finally:
            timer.cancel()

    async def wait_for_expiry(self) -> None:
        """Wait for the end of the run's time, as the script asks: a clock that becomes auto goes there at once."""
        expires_at = self.transcript.expires_at
        if expires_at is None:
            return
        timer = self.namespace.clock.call_at(expires_at, self._expire, delay=True)
        try:
            await self.pause(waiting.EXPIRY, lambda: False)
        finally:
            timer.cancel()

    def _ring(self) -> None:
        self._rang = True
        self._wake()

    async def outside(self, call: Callable[[], Awaitable[T]], what: str | None = None) -> T:
        """Wait for a call of something else than the store, between two segments; the run is not settled meanwhile.

        It is cancelled if the run is to end; then this raises `InterruptedRunError`.
        """
        self.transcript.wait_for(what)
        await self.commit()
        self._watch_expiry()
        self._outside = task = asyncio.current_task()
        self.reachable.set()
        try:
            return await call()
        except asyncio.CancelledError:
            if task is None or not self._is_interrupted:
                self._is_stopped = True  # the server stops, or the thread is deleted
            else:
                task.uncancel()
            raise
        finally:
            self._outside = None
            self.settled.clear()
            self.reachable.clear()
            if not self._is_stopped:
                await self.begin()  # which raises what ends the run

    async def yield_to_loop(self) -> None:
        """Let others go first, and those who read the run's stream keep up; the run is not settled by the former."""
        journal, ns = self.namespace.documents.journal, self.namespace.name
        self.transcript.wait_for(None)
        await self.commit()
        while slow := journal.slow_readers(ns, self._run_id):
            await self.begin()
            self.settled.set()
            await self.outside(slow[0].room, waiting.READER)
            self.transcript.wait_for(None)
            await self.commit()
        await self.namespace.clock.yield_to_loop()
        await self.begin()

    def _watch_expiry(self) -> None:
        when = self.transcript.expires_at
        if self._expiry is None and not self._is_ending and when is not None:
            clock = self.namespace.clock
            if clock.mode == "frozen" and when <= clock.now():  # as above; nobody advances it for that again
                self._expiry = asyncio.get_running_loop().call_soon(self._expire)
            else:
                self._expiry = clock.call_at(when, self._expire)


class MakeSegments(Protocol):
    """Makes the segments of a run that is to be played."""

    def __call__(
        self, namespace: Namespace, run_id: str, transcript: StoredTranscript, log: ActionLog, memory: ScopeMemory, /
    ) -> Segments:
        """Return them."""
