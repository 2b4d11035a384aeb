"""What each action does to a run."""

from collections.abc import Mapping
from typing import Any, Final, assert_never

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
from emulator.engine import calling, saying
from emulator.engine.executing import NotExecutedError
from emulator.engine.stage import Stage
from emulator.store.documents import Row

_STEP_ERRORS: Final = ("server_error", "rate_limit_exceeded")  # documented: a step knows these two


class Performer:
    """Plays actions on a stage. hold: the name of the breakpoint it is held at."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.hold: str | None = None
        self._calls: tuple[Call, ...] = ()

    async def perform(self, action: Action, again: Row | None) -> Result:  # noqa: C901, PLR0911, PLR0912 - one case each
        """Play an action to its end and return its result. again: its log row, if it was begun before a restart."""
        note: saying.Note = again["note"] if again else None
        match action:
            case Say():
                return await saying.say(self.stage, action, note)
            case Refuse():
                return await saying.refuse(self.stage, action, note)
            case Call():
                return await self._call((action,), note)
            case Calls():
                return await self._call(action.calls, note)
            case RunCode():
                return await self._run_code(action, note)
            case SearchFiles():
                return await calling.search(self.stage, action, note)
            case Wait():
                await self._wait(action, note)
            case Hold():
                self.hold = action.name
                await self.stage.hold()
            case Fail():
                # A mistake in a turn that was chosen; what kept any from being chosen is in the report already.
                if action.message.startswith("[emulator]") and self.stage.turn.key is not None:
                    self.stage.report("script", message=action.message)
                await self.stage.gate()
                self.fail(action.code, action.message)
            case Incomplete():
                await self.stage.gate()
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

    async def _call(self, calls: tuple[Call, ...], note: saying.Note) -> Result:
        self._calls = calls
        odd = calling.odd(self.stage, calls) if note is None else []
        for message in odd:
            self.stage.report("script", message=message, offered=sorted(self.stage.view.tool_names))
        if odd and self.stage.world.setup["strict"]:
            self.fail("server_error", f"[emulator] script {odd[0]}")
            return None
        return await calling.call(self.stage, calls, note)

    def answer_calls(self, outputs: Mapping[str, str]) -> Outputs:
        """Put the client's outputs, by call ids, into the open step; return them by the calls' keys."""
        return calling.answer(self.stage, self._calls, outputs)

    async def _run_code(self, action: RunCode, note: saying.Note) -> CodeResult | None:
        try:
            return await calling.run_code(self.stage, action, note)
        except NotExecutedError as error:
            self.stage.report("script", message=str(error))
            self.fail("server_error", str(error))
            return None

    # --- time -------------------------------------------------------------------------------------------------------

    async def _wait(self, action: Wait, note: saying.Note) -> None:
        stage = self.stage
        if note is not None:
            await stage.sleep_until(note["until"])
        elif not stage.world.clock.jump(action.seconds):
            until = stage.world.clock.now() + action.seconds
            stage.note(until=until)
            await stage.sleep_until(until)

    # --- ends -------------------------------------------------------------------------------------------------------

    def fail(self, code: str, message: str) -> None:
        """Fail the run, and with it the step and the message that are open."""
        writer = self.stage.writer
        writer.partial()
        in_step = {"code": code if code in _STEP_ERRORS else "server_error", "message": message}
        writer.close("fail", last=True, error=in_step)
        writer.signal("fail", last_error={"code": code, "message": message}, usage=writer.meter.total())

    def _stop(self, action: Incomplete) -> None:
        writer = self.stage.writer
        # A filter is named on the message too (documented); both token limits are one there.
        writer.close("stop", last=True, reason="content_filter" if action.reason == "content_filter" else None)
        writer.signal("stop", incomplete_details={"reason": action.reason}, usage=writer.meter.total())

    async def _expire(self, action: Expire) -> None:
        if not action.now:
            await self.stage.expiry()
        await self.stage.gate()
        writer = self.stage.writer
        writer.close("expire", last=True)
        writer.signal("expire", usage=writer.meter.total())

    # --- the script's own business ------------------------------------------------------------------------------------

    def _check(self, action: Check) -> None:
        if not action.passed:
            self.stage.report("check", message=action.message)
            self.fail("server_error", f"[emulator] check failed: {action.message}")

    def _remember(self, **change: Any) -> None:
        world, run, scope = self.stage.world, self.stage.run, self.stage.turn.scope
        if scope is not None:
            known = dict(world.memory(run["thread_id"], run["assistant_id"]).scopes.get(scope, {}))
            if "vars" in change:
                change["vars"] = {**known.get("vars", {}), **change["vars"]}
            world.remember(self.stage.unit, scope, {**known, **change})
            self.stage.commit()
