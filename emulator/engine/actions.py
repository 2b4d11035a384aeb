"""What each action does to a run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, assert_never

from emulator.domain.actions import (
    Action,
    Call,
    Calls,
    Check,
    CodeResult,
    Expire,
    Fail,
    Goto,
    Hold,
    Incomplete,
    Outputs,
    Refuse,
    Remember,
    Result,
    RunCode,
    Say,
    SearchFiles,
    Wait,
)
from emulator.engine import messages, tool_calls
from emulator.engine.code_execution import NotExecutedError
from emulator.store.documents import Row

if TYPE_CHECKING:
    from emulator.engine.run_task import RunTask

_STEP_ERRORS: Final = ("server_error", "rate_limit_exceeded")  # documented: a step knows these two


class ActionPlayer:
    """Plays actions on a task. hold: the name of the breakpoint that it waits at."""

    def __init__(self, task: "RunTask") -> None:
        self.task = task
        self.hold: str | None = None
        self._calls: tuple[Call, ...] = ()

    async def perform(self, action: Action, again: Row | None) -> Result:  # noqa: C901, PLR0911, PLR0912 - one case each
        """Play an action to its end and return its result. again: its log row, if it was begun before a restart."""
        progress: messages.Progress = again["progress"] if again else None
        match action:
            case Say():
                return await messages.say(self.task, action, progress)
            case Refuse():
                return await messages.refuse(self.task, action, progress)
            case Call():
                return await self._call((action,), progress)
            case Calls():
                return await self._call(action.calls, progress)
            case RunCode():
                return await self._run_code(action, progress)
            case SearchFiles():
                return await tool_calls.search(self.task, action, progress)
            case Wait():
                await self._wait(action, progress)
            case Hold():
                self.hold = action.name
                await self.task.hold()
            case Fail():
                # A mistake in a turn that was chosen; a run that no turn matches is in the report already.
                if action.message.startswith("[emulator]") and self.task.turn.key is not None:
                    self.task.report("script", message=action.message)
                await self.task.gate()
                self.fail(action.code, action.message)
            case Incomplete():
                await self.task.gate()
                self._stop(action)
            case Expire():
                await self._expire(action)
            case Check():
                self._check(action)
            case Remember():
                self._remember(vars=dict(action.vars))
            case Goto():
                self._remember(state=action.state)
            case _:
                assert_never(action)
        return None

    # --- tools ------------------------------------------------------------------------------------------------------

    async def _call(self, calls: tuple[Call, ...], progress: messages.Progress) -> Result:
        self._calls = calls
        odd = tool_calls.odd(self.task, calls) if progress is None else []
        for message in odd:
            self.task.report("script", message=message, offered=sorted(self.task.view.tool_names))
        if odd and self.task.namespace.config.strict:
            self.fail("server_error", f"[emulator] script {odd[0]}")
            return None
        return await tool_calls.call(self.task, calls, progress)

    def answer_calls(self, outputs: Mapping[str, str]) -> Outputs:
        """Put the client's outputs, by call ids, into the open step; return them by the calls' keys."""
        return tool_calls.answer(self.task, self._calls, outputs)

    async def _run_code(self, action: RunCode, progress: messages.Progress) -> CodeResult | None:
        try:
            return await tool_calls.run_code(self.task, action, progress)
        except NotExecutedError as error:
            self.task.report("script", message=str(error))
            self.fail("server_error", str(error))
            return None

    # --- time -------------------------------------------------------------------------------------------------------

    async def _wait(self, action: Wait, progress: messages.Progress) -> None:
        task = self.task
        if progress is not None:
            await task.sleep_until(progress["until"])
        elif not task.namespace.clock.jump(action.seconds):
            until = task.namespace.clock.now() + action.seconds
            task.log_progress(until=until)
            await task.sleep_until(until)

    # --- ends -------------------------------------------------------------------------------------------------------

    def fail(self, code: str, message: str) -> None:
        """Fail the run, and with it the step and the message that are open."""
        writer = self.task.writer
        writer.partial()
        in_step = {"code": code if code in _STEP_ERRORS else "server_error", "message": message}
        writer.close("fail", last=True, error=in_step)
        writer.signal("fail", last_error={"code": code, "message": message}, usage=writer.meter.total())
        if message.startswith("[emulator]"):
            self.task.namespace.warn_of_script(self.task.run["id"], message)

    def _stop(self, action: Incomplete) -> None:
        writer = self.task.writer
        # A filter is named on the message too (documented); both token limits are one there.
        writer.close("stop", last=True, reason="content_filter" if action.reason == "content_filter" else None)
        writer.signal("stop", incomplete_details={"reason": action.reason}, usage=writer.meter.total())

    async def _expire(self, action: Expire) -> None:
        if not action.now:
            await self.task.expiry()
        await self.task.gate()
        writer = self.task.writer
        writer.close("expire", last=True)
        writer.signal("expire", usage=writer.meter.total())

    # --- the script's own business ------------------------------------------------------------------------------------

    def _check(self, action: Check) -> None:
        if not action.passed:
            self.task.report("check", message=action.message)
            self.fail("server_error", f"[emulator] check failed: {action.message}")

    def _remember(self, **change: Any) -> None:
        namespace, run, scope = self.task.namespace, self.task.run, self.task.turn.scope
        if scope is not None:
            known = dict(namespace.memory(run["thread_id"], run["assistant_id"]).scopes.get(scope, {}))
            if "vars" in change:
                change["vars"] = {**known.get("vars", {}), **change["vars"]}
            namespace.remember(self.task.unit, scope, {**known, **change})
            self.task.commit()
