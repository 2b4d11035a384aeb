"""The task of one run: asks the script for actions, plays them, and pauses for the clock or the client.

Everything between two pauses is one transaction, committed before it is visible; so a server that dies at any
moment leaves each run either before or after it, and the action log says where to continue.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from emulator.domain import actions as words
from emulator.domain.actions import ENDS_RUN, Action, Outputs, Result, from_json
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.ports import Timer, Turn
from emulator.domain.view import ModelView
from emulator.engine.action_log import ActionLog
from emulator.engine.actions import ActionPlayer
from emulator.engine.chunks import MOST_AT_ONCE
from emulator.engine.gates import Gate
from emulator.engine.namespace import Namespace
from emulator.engine.script_player import ScriptFaultError, ScriptPlayer
from emulator.engine.usage import UsageMeter
from emulator.engine.writer import Writer
from emulator.store.documents import Row, Unit

T = TypeVar("T")
# Seconds of the machine's time after which the log tells of a run that nothing but a person moves on.
_PATIENCE: Final = 5.0
_logger: Final = logging.getLogger(__name__)
# What these do is not seen by the client, so a message may stay open across them.
_SILENT: Final = (words.Remember, words.Goto, words.Check)


class RunTask:
    """Moves one run.

    settled: set while nothing can continue without the clock or the client. written: names below /mnt/data ->
    ids of the files that the run's code wrote.
    """

    def __init__(
        self, namespace: Namespace, run: dict[str, Any], view: ModelView, turn: Turn, script_version: int
    ) -> None:
        self.namespace = namespace
        self.script_version = script_version
        self.view = view
        self.turn = turn
        self.settled = asyncio.Event()
        self.written: dict[str, str] = {}
        self.writer = Writer(namespace, run, UsageMeter(view, turn.usage), namespace.unit())
        self._player = ScriptPlayer(turn)
        self._gate = Gate(lambda: namespace.config.pace)
        self._log = ActionLog(run["id"], run["thread_id"], self._player)
        self._action_player = ActionPlayer(self)
        self._task: asyncio.Task[None] | None = None
        self._started = False
        self._ended_by: str | None = None
        self._expiry: Timer | None = None
        self._outputs: asyncio.Future[Outputs] | None = None
        self._breakpoint: asyncio.Future[None] | None = None

    @property
    def run(self) -> dict[str, Any]:
        """The run as it stands."""
        return self.writer.doc

    @property
    def unit(self) -> Unit:
        """The writes since the last pause."""
        return self.writer.unit

    # --- from outside -----------------------------------------------------------------------------------------------

    def launch(self, log: Sequence[Row] = ()) -> None:
        """Start, or resume after a restart with the actions that were logged."""
        self._log.rows = log
        self.namespace.runs.add(self)
        self._task = asyncio.create_task(self._drive(), name=f"run {self.run['id']}")

    def take(self, doc: dict[str, Any]) -> None:
        """Take over a client's change of a document, if it is this run, or its message that is still open."""
        if doc["id"] == self.run["id"]:
            self.writer.doc = doc
        else:
            self.writer.amend(doc)

    def submit(self, outputs: Mapping[str, str]) -> None:
        """Take the outputs of all outstanding calls, by their ids: the run is queued again."""
        result = self._action_player.answer_calls(outputs)
        self.writer.close()
        self.writer.signal("submit")
        self._log.end(self.unit, result)
        self.commit()
        self.settled.clear()
        if self._outputs is not None:
            self._outputs.set_result(result)

    def cancel(self) -> None:
        """Begin to cancel; the task does the rest."""
        self.writer.signal("cancel")
        self.commit()
        self._interrupt("cancel")

    def held_at(self) -> str | None:
        """Return the name of the breakpoint where the run is held."""
        return None if self._breakpoint is None or self._breakpoint.done() else self._action_player.hold

    def release(self, name: str) -> bool:
        """Release a held run; False if it is not held there."""
        if self._breakpoint is None or self.held_at() != name:
            return False
        self.settled.clear()
        self._breakpoint.set_result(None)
        return True

    def polled(self) -> None:
        """Count a client's poll that saw the run as it stands."""
        if self._gate.is_closed and self._gate.polled():
            self.resume()

    def resume(self) -> bool:
        """Let a run that shows a status continue; False if it does not wait for that."""
        if not self._gate.is_closed:
            return False
        self.settled.clear()
        self._gate.open()
        return True

    def stop(self) -> "asyncio.Task[None] | None":
        """Stop without a trace, because the server stops or the thread was deleted; return the task that ends."""
        self._ended_by = None
        self._forget()
        if self._task is not None:
            self._task.cancel()
        self.settled.set()  # a task that has not begun never comes so far
        return self._task

    def _interrupt(self, signal: str) -> None:
        self._ended_by = signal
        self.settled.clear()
        if self._task is not None and self._started:
            self._task.cancel()

    # --- the life of a run -------------------------------------------------------------------------------------------

    async def _drive(self) -> None:
        self._started = True
        try:
            try:
                await self._play()
            except asyncio.CancelledError:
                if self._ended_by is None:
                    raise
                await self._end_early(self._ended_by)
            except ScriptFaultError as fault:
                self._break(str(fault))
            except Exception as error:
                _logger.exception("run %s", self.run["id"])
                self.writer.roll_back()  # what could not be written once cannot be written now
                self._break(f"[emulator] {type(error).__name__}: {error}")
            self.commit()
            await self._player.close()
        finally:
            self._forget()
            self.settled.set()

    def _break(self, message: str) -> None:
        """Fail the run because of its script, and report it."""
        if self.run["status"] == "queued":
            self.writer.signal("start")
        if self.run["status"] not in RUN_TERMINAL:
            self._action_player.fail("server_error", message)
        self.report("script", message=message)

    def _forget(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
        self.namespace.runs.discard(self)

    async def _play(self) -> None:
        result = await self._replay()
        if self._ended_by or self.run["status"] == "cancelling":
            await self._end_early(self._ended_by or "cancel")
            return
        if self.run["status"] == "queued":
            await self.gate()
            self.writer.signal("start")
        while (action := await self._next(result)) is not None:
            self._log.begin(self.unit, action)
            if not isinstance(action, (*ENDS_RUN, *_SILENT)) and self._log.again is None:
                self.writer.close()
            result = await self._action_player.perform(action, self._log.take_again())
            if self.run["status"] in RUN_TERMINAL:
                return
            self._take_files(result)
            if self.run["status"] == "queued":
                await self.gate()
                self.writer.signal("start")  # the outputs have come, and were logged with them
            else:
                self._log.end(self.unit, result)
        if self._log.again is not None:
            self._log.check(None, self._log.again)
        await self.gate()
        self.writer.close(last=True)
        self.writer.signal("complete", usage=self.writer.meter.total())

    async def _next(self, result: Result) -> Action | None:
        if len(self.unit.entries) >= MOST_AT_ONCE or self._player.count % MOST_AT_ONCE == MOST_AT_ONCE - 1:
            await self.yield_to_loop()
        if hasattr(self.turn.actions, "__anext__"):
            self.commit()  # an async script may let others run, and they must see what has happened
        return await self._player.next(result)

    async def _replay(self) -> Result:
        """Play the logged actions again, without effects; return the last result."""
        result: Result = None
        if not self._log.rows:
            return result
        self.writer.find_open()
        for row in self._log.rows:
            if row["done"]:
                action = await self._player.next(result)
                self._log.check(action, row)
                result = from_json(row["result"])
                self._take_files(result)
            else:
                self._log.again = row
        return result

    def _take_files(self, result: Result) -> None:
        if isinstance(result, words.CodeResult):
            self.written.update({file["name"]: file["file_id"] for file in result.files})

    def log_progress(self, **progress: Any) -> None:
        """Note how far the action in hand has got, for a start after a crash."""
        self._log.log_progress(self.unit, progress)

    def report(self, kind: str, **about: Any) -> None:
        """Note something that a test should know."""
        self.namespace.report(self.unit, kind, self.run["id"], **about)

    # --- pausing ----------------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Write what has happened since the last pause."""
        self.namespace.commit(self.unit)

    async def yield_to_loop(self) -> None:
        """Let others go first; the run is not settled by that."""
        self.commit()
        await self.namespace.clock.yield_to_loop()

    async def sleep(self, seconds: float) -> None:
        """Let time pass on the namespace's clock."""
        if seconds > 0 and not self.namespace.clock.jump(seconds):
            await self.sleep_until(self.namespace.clock.now() + seconds)

    async def sleep_until(self, when: float) -> None:
        """Wait for the namespace's clock."""
        if self.namespace.clock.jump(max(0.0, when - self.namespace.clock.now())):
            return
        over = asyncio.get_running_loop().create_future()

        def wake() -> None:
            self.settled.clear()
            if not over.done():
                over.set_result(None)

        timer = self.namespace.clock.call_at(when, wake, delay=True)
        try:
            await self.suspend(over)
        finally:
            timer.cancel()

    async def gate(self) -> None:
        """Show the status as long as the namespace's pace says, before the next one comes."""
        await self.sleep(self._gate.seconds())
        await self._gate.wait(self.suspend, streamed=self._is_streamed())

    def _is_streamed(self) -> bool:
        return self.namespace.documents.journal.is_streamed(self.namespace.name, self.run["id"])

    async def outputs(self) -> Outputs:
        """Wait for the client's outputs."""
        self._outputs = asyncio.get_running_loop().create_future()
        return await self.suspend(self._outputs)

    async def hold(self) -> None:
        """Wait to be released."""
        self._breakpoint = asyncio.get_running_loop().create_future()
        await self.suspend(self._breakpoint)
        self._breakpoint = None

    async def expiry(self) -> None:
        """Wait for the run's end, which only the clock (or the client, by cancelling) brings."""
        loop = asyncio.get_running_loop()
        # An auto clock never gets there unless it is advanced, and a test that polls should not have to find that out.
        waiting = f"run {self.run['id']} waits for the clock of {self.namespace.name}: advance it, or cancel the run"
        reminder = loop.call_later(_PATIENCE, _logger.warning, waiting) if self.namespace.clock.mode == "auto" else None
        try:
            await self.suspend(loop.create_future())
        finally:
            if reminder is not None:
                reminder.cancel()

    async def suspend(self, future: "asyncio.Future[T]") -> T:
        """Commit, say that the run has settled, and wait."""
        self.commit()
        if self._expiry is None:
            self._expiry = self.namespace.clock.call_at(self.run["expires_at"], self._expire)
        self.settled.set()
        return await future

    def _expire(self) -> None:
        if self.run["status"] not in RUN_TERMINAL and self.run["status"] != "cancelling":
            self._interrupt("expire")

    # --- ends that the script did not choose --------------------------------------------------------------------------

    async def _end_early(self, signal: str) -> None:
        if signal == "cancel":
            await self.gate()
        self.writer.partial()
        self.writer.close(signal, last=True)
        if signal == "cancel":
            self.writer.signal("cancelled", usage=UsageMeter(self.view, None).total())  # zeros (recorded)
        else:
            self.writer.signal("expire", usage=self.writer.meter.total())
