"""The task of one run: asks the script for actions, plays them, and pauses for the clock or the client.

Everything between two pauses is one transaction, committed before it is visible; so a server that dies at any
moment leaves each run either before or after it, and the action log says where to continue, here or elsewhere.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from emulator.domain import actions as words
from emulator.domain.actions import ENDS_RUN, Action, Result, from_json
from emulator.domain.errors import ServerStopsError
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from emulator.engine.action_log import ActionLog
from emulator.engine.actions import ActionPlayer
from emulator.engine.chunks import MOST_AT_ONCE
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.engine.script_memory import ScopeMemory
from emulator.engine.script_player import ScriptFaultError, ScriptPlayer
from emulator.engine.segments import InterruptedRunError, MakeSegments, RestingRunError, Segments
from emulator.store.database import DatabaseError
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run

_logger: Final = logging.getLogger(__name__)
# What these do is not seen by the client, so a message may stay open across them.
_SILENT: Final = (words.Remember, words.Goto, words.Check, words.ReportDrift)


class RunTask:
    """Moves one run. log: the actions that were logged before a restart; None for a run that was never played.

    segments: its transactions and pauses, made by what is given. player: plays its actions. turn: what its script says.
    pauses: what it has waited for lately. may_be_held: whether it is held where it takes up a status. error: of the
    database, which it could not be written into.
    """

    def __init__(
        self,
        namespace: Namespace,
        tx: Transaction,
        row: Row,
        view: ModelView,
        turn: Turn,
        *,
        log: Sequence[Row] | None = None,
        pauses: Pauses | None = None,
        segments: MakeSegments = Segments,
        may_be_held: bool = True,
    ) -> None:
        self.namespace = namespace
        self.run_id: str = row["doc"]["id"]
        self.thread_id: str = row["thread_id"]
        self.view = view
        self.turn = turn
        transcript = namespace.transcripts(namespace, tx, row, view, turn.usage)
        self._script = ScriptPlayer(turn)
        has_changed = log is not None and namespace.has_changed(row["play"])
        self._log = ActionLog(self.run_id, self.thread_id, self._script, log, has_changed=has_changed)
        memory = ScopeMemory(turn.scope)
        self.segments = segments(namespace, self.run_id, transcript, self._log, memory)
        self.pauses = pauses or Pauses()
        self.player = ActionPlayer(self, self._log, memory, self.pauses)
        self._may_be_held = may_be_held
        self._task: asyncio.Task[None] | None = None
        self.error: Exception | None = None

    @property
    def status(self) -> str:
        """The status of the run."""
        return self.segments.transcript.status

    @property
    def _about(self) -> dict[str, str]:
        """What a log says of the run beside the message."""
        return {"namespace": self.namespace.name, "run": self.run_id}

    def start(self, at_end: Callable[["RunTask", bool], None]) -> None:
        """Begin to play. at_end: called with the task at its end, and whether it has failed to write."""
        self._task = asyncio.create_task(self._drive(at_end), name=f"run {self.run_id}")

    async def play(self) -> None:
        """Play to the end of the task; whoever is cancelled meanwhile stops it, and waits for that."""
        self.start(lambda _, _has_failed: None)
        if (playing := self._task) is None:
            raise RuntimeError("the task has not begun")
        try:
            await asyncio.shield(playing)
        except asyncio.CancelledError:
            self.stop()
            await asyncio.wait([playing])
            raise

    def stop(self) -> "asyncio.Task[None] | None":
        """Stop without a trace, because the server stops or the thread is gone; return the task that ends."""
        self.segments.stop()
        if self._task is not None:
            self._task.cancel()
        return self._task

    # --- the life of a run -------------------------------------------------------------------------------------------

    async def _drive(self, at_end: Callable[["RunTask", bool], None]) -> None:
        has_failed = False
        try:
            try:
                await self.segments.begin()
                await self._play()
            except InterruptedRunError as interrupted:
                await self._end_early(interrupted.signal)
            except RestingRunError:
                raise
            except ScriptFaultError as fault:
                self._break(str(fault))
            except ServerStopsError:
                return
            except DatabaseError:
                raise
            except Exception as error:
                _logger.exception("run %s", self.run_id, extra=self._about)
                await self._begin_anew()  # what could not be written once cannot be written now
                self._break(f"[emulator] {type(error).__name__}: {error}")
            await self.segments.transcript.conclude()
            await self.segments.commit()
            await self._script.close()
        except RestingRunError:
            await self.segments.roll_back()
            await self._script.close()
        except DatabaseError as error:
            has_failed, self.error = True, error
            message = "run %s goes on from what is stored, with the next request for it"
            _logger.exception(message, self.run_id, extra=self._about)
        finally:
            await self.segments.roll_back()
            self.segments.stop()
            at_end(self, has_failed)

    async def _begin_anew(self) -> None:
        """Drop what is not committed, and take the run as it was committed."""
        await self.segments.roll_back()
        async with self.namespace.transaction() as tx:
            row = await tx.get(Run, self.run_id, heavy=True)
        if row is None:
            raise LookupError(f"run {self.run_id} is gone")
        await self.segments.begin_anew(self.namespace.transcripts(self.namespace, tx, row, self.view, self.turn.usage))

    def _break(self, message: str) -> None:
        """Fail the run because of its script, and report it."""
        transcript = self.segments.transcript
        if transcript.status == "queued":
            transcript.start()
        if transcript.status not in RUN_TERMINAL:
            self.player.fail("server_error", message)
        self.player.report("script", message=message)

    async def _play(self) -> None:
        player, transcript = self.player, self.segments.transcript
        result = await self._replay()
        if transcript.status == "queued":
            await player.start()
        elif self._may_be_held:
            await player.hold()  # as before a restart
        while (action := await self._next(result)) is not None:
            self._log.begin(action)
            if not _leaves_open(action) and self._log.again is None:
                transcript.close()
            result = await player.perform(action, self._log.take_again())
            if transcript.status in RUN_TERMINAL:
                return
            player.take_files(result)
            if transcript.status == "queued":
                await player.start()  # the outputs have come, and were logged with them
            else:
                self._log.end(self.segments.tx, result)
                self.pauses.mark()
        if self._log.again is not None:
            self._log.check(None, self._log.again)
        await player.gate()
        transcript.complete()

    async def _next(self, result: Result) -> Action | None:
        if len(self.segments.tx.entries) >= MOST_AT_ONCE or self._script.count % MOST_AT_ONCE == MOST_AT_ONCE - 1:
            await self.segments.yield_to_loop()
        if hasattr(self.turn.actions, "__anext__"):
            # An async script may let others run, and they must see what has happened.
            return await self.segments.outside(partial(self._script.next, result))
        return await self._script.next(result)

    async def _replay(self) -> Result:
        """Play the logged actions again, without effects; return the last result."""
        result: Result = None
        for row in self._log.rows:
            if row["done"]:
                action = await self._script.next(result)
                self._log.check(action, row)
                result = from_json(row["result"])
                self.player.take_files(result)
            else:
                self._log.again = row
        return result

    # --- ends that the script did not choose --------------------------------------------------------------------------

    async def _end_early(self, signal: Signal) -> None:
        transcript = self.segments.transcript
        if transcript.status in RUN_TERMINAL:
            return
        if signal is Signal.CANCEL:
            self.pauses.restart()
            await self.player.gate()
            transcript.end_cancelling()
        else:
            transcript.expire()


def _leaves_open(action: Action) -> bool:
    """Return whether the message and the step before an action stay as they are when it begins."""
    return isinstance(action, (*ENDS_RUN, *_SILENT)) or (isinstance(action, words.Hold) and action.leaves_open)
