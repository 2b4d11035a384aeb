"""What each action does to a run."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
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
    Hits,
    Hold,
    Incomplete,
    Outputs,
    Refuse,
    Remember,
    Result,
    RunCode,
    Said,
    Say,
    SearchFiles,
    Stream,
    Wait,
)
from emulator.engine import corpus, cutting, drawing
from emulator.store.documents import Row
from emulator.tools import code_interpreter, file_search, function
from emulator.wire import messages
from emulator.wire.runs import required_action

if TYPE_CHECKING:
    from emulator.engine.driver import Driver

# After so many events others get their turn: a long stream must not delay another one's first event.
MOST_AT_ONCE: Final = 64
_STEP_ERRORS = ("server_error", "rate_limit_exceeded")  # documented: a step knows these two
# Documented: how many results a search gives, unless the tool says otherwise.
_RESULTS = 20
_RESULTS_OF_SMALL_MODELS = 5


class Performer:
    """Plays actions for a driver. again: the log row of an action begun before a restart. hold: where it is held."""

    def __init__(self, driver: "Driver") -> None:
        self.driver = driver
        self.again: Row | None = None
        self.hold: str | None = None
        self._calls: tuple[Call, ...] = ()

    async def perform(self, action: Action) -> Result:  # noqa: C901, PLR0911, PLR0912 - one case for each action
        """Play an action to its end and return its result."""
        again, self.again = self.again, None
        note: Mapping[str, Any] | None = again["note"] if again else None
        match action:
            case Say():
                return await self._say(action, note)
            case Refuse():
                return await self._refuse(action, note)
            case Call():
                return await self._call((action,), note)
            case Calls():
                return await self._call(action.calls, note)
            case RunCode():
                return await self._run_code(action, note)
            case SearchFiles():
                return await self._search(action)
            case Wait():
                await self._wait(action, note)
            case Hold():
                self.hold = action.name
                await self.driver.hold()
            case Fail():
                # A mistake in a turn that was chosen; what kept any from being chosen is in the report already.
                if action.message.startswith("[emulator]") and self.driver.turn.key is not None:
                    self._report("script", message=action.message)
                self.fail(action.code, action.message)
            case Incomplete():
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

    # --- messages ---------------------------------------------------------------------------------------------------

    async def _say(self, action: Say, note: Mapping[str, Any] | None) -> Said:
        writer, annotations = self.driver.writer, [dict(a) for a in action.annotations]
        opened = writer.open_message(note)
        images = self._images(action.images, note)
        message_id = self._note_message(images)
        shown = [{"type": "image_file", "image_file": {"file_id": file_id}} for file_id in images]
        for index, part in enumerate(shown):
            writer.message_delta({"index": index, **part})
        # Without a quote or an index, which only deltas have (recorded).
        final = [{k: v for k, v in a.items() if k != "index"} for a in annotations]
        at, told = 0, 0

        def so_far() -> tuple[list[dict[str, Any]], str]:
            text = [messages.text_part(action.text[:at], final[:told])] if at else []
            return [*shown, *text], action.text[:at]

        opened.so_far = so_far
        # A content part that no delta tells of would be missing from what clients put together.
        silent = [] if shown else [""]
        pieces = cutting.cut(action.text, action.stream or Stream(), cutting.spans(annotations)) or silent
        for pause, piece in self._paced(pieces, action.stream):
            await self.driver.sleep(pause)
            first, at = at == 0, at + len(piece)
            here = annotations[told:] if at == len(action.text) else _reached(annotations[told:], at)
            news = [messages.annotation_delta(told + place, a) for place, a in enumerate(here)]
            told += len(here)
            writer.message_delta(messages.text_delta(len(shown), piece, news if news or first else None))
            await self._breathe()
        if action.text or not shown:
            shown.append(messages.text_part(action.text, final))
        writer.show_content(shown, action.text)
        return Said(message_id, action.text)

    async def _refuse(self, action: Refuse, note: Mapping[str, Any] | None) -> Said:
        writer = self.driver.writer
        opened = writer.open_message(note)
        message_id = self._note_message()
        at = 0

        def so_far() -> tuple[list[dict[str, Any]], str]:
            text = action.text[:at]
            return [{"type": "refusal", "refusal": text}] if text else [], text

        opened.so_far = so_far
        for pause, text in self._paced(cutting.cut(action.text, action.stream or Stream()) or [""], action.stream):
            await self.driver.sleep(pause)
            writer.message_delta({"index": 0, "type": "refusal", "refusal": text})
            at += len(text)
            await self._breathe()
        writer.show_content([{"type": "refusal", "refusal": action.text}], action.text)
        return Said(message_id, action.text)

    def _note_message(self, images: Sequence[str] = ()) -> str:
        opened = self.driver.writer.opened
        message_id: str = opened.the_message["id"]
        self.driver.note(step=opened.step["id"], message=message_id, images=list(images))
        return message_id

    def _images(self, images: Sequence[str], note: Mapping[str, Any] | None) -> list[str]:
        """Keep images as files, once: an action that was begun before a restart has its files."""
        if note is not None:
            return list(note["images"])
        return [drawing.keep_image(self.driver.world, self.driver.unit, image) for image in images]

    # --- tools ------------------------------------------------------------------------------------------------------

    async def _call(self, calls: tuple[Call, ...], note: Mapping[str, Any] | None) -> Result:
        driver, writer = self.driver, self.driver.writer
        self._calls = calls
        if note is None:
            self._report_odd_calls(calls)
        if note is None or driver.run["status"] != "requires_action":
            arguments = [call.arguments for call in calls]
            opened = writer.open_tools(note)
            driver.note(step=opened.step["id"])
            shown = [
                function.call(call.id or driver.world.ids.make("call"), call.name, text)
                for call, text in zip(calls, arguments, strict=True)
            ]
            for index, (call, doc) in enumerate(zip(calls, shown, strict=True)):

                def so_far(text: str, index: int = index) -> tuple[list[dict[str, Any]], str]:
                    open_call = function.call(shown[index]["id"], calls[index].name, text)
                    return [*shown[:index], open_call], "".join(arguments[:index]) + text

                writer.step_delta(function.opening(index, doc))
                await self._stream(index, arguments[index], call.stream, function.piece, so_far)
            writer.show_calls(shown, "".join(arguments))
            writer.signal("require_action", required_action=required_action([function.required(c) for c in shown]))
        return await driver.outputs()

    def answer_calls(self, outputs: Mapping[str, str]) -> Outputs:
        """Put the client's outputs into the open step; return them by the calls' keys."""
        writer = self.driver.writer
        shown = writer.opened.step["step_details"]["tool_calls"]
        answered = [{**c, "function": {**c["function"], "output": outputs[c["id"]]}} for c in shown]
        writer.show_calls(answered, writer.opened.written)
        texts: dict[str, str] = {}
        for call, doc in zip(self._calls, answered, strict=True):
            output = doc["function"]["output"] or ""
            texts[call.key] = output
            if call.recorded is not None and call.recorded != output:
                self._report("drift", what="tool_output", call=call.name, recorded=call.recorded, got=output)
        return Outputs(texts)

    async def _run_code(self, action: RunCode, note: Mapping[str, Any] | None) -> CodeResult:
        driver, writer = self.driver, self.driver.writer
        opened = writer.open_tools(note)
        images = self._images(action.images, note)
        driver.note(step=opened.step["id"], images=images)
        outputs = code_interpreter.outputs(action.logs, images)
        doc = code_interpreter.call(driver.world.ids.make("call"), action.code, outputs)

        def so_far(text: str) -> tuple[list[dict[str, Any]], str]:
            return [code_interpreter.call(doc["id"], text, [])], text

        writer.step_delta(code_interpreter.opening(0, doc))
        await self._stream(0, action.code, action.stream, code_interpreter.piece, so_far)
        if outputs:
            writer.step_delta(code_interpreter.results(0, outputs))
        writer.show_calls([doc], action.code)
        return CodeResult(action.logs or "", tuple(images))

    async def _search(self, action: SearchFiles) -> Hits:
        driver, writer = self.driver, self.driver.writer
        tool = next((tool for tool in driver.run["tools"] if tool["type"] == "file_search"), None)
        found = await self._retrieve(action, tool) if action.results == "auto" else tuple(action.results)
        found = found[: action.top] if action.top else found
        writer.open_tools()
        doc = file_search.call(driver.world.ids.make("call"), tool, found)
        writer.step_delta(file_search.opening(0, doc))
        writer.show_calls([doc], action.query)
        return Hits(tuple(doc["file_search"]["results"]))

    async def _retrieve(self, action: SearchFiles, tool: Mapping[str, Any] | None) -> tuple[Mapping[str, Any], ...]:
        """Search the run's stores as its tool says."""
        options = (tool or {}).get("file_search", {})
        few = self.driver.run["model"].startswith("gpt-3.5")
        limit = options.get("max_num_results") or (_RESULTS_OF_SMALL_MODELS if few else _RESULTS)
        threshold = options.get("ranking_options", {}).get("score_threshold", 0.0)
        stores = self.driver.view.vector_store_ids
        found = await corpus.search(self.driver.world, stores, action.query, limit=limit, threshold=threshold)
        return tuple(found)

    def _report_odd_calls(self, calls: Sequence[Call]) -> None:
        """Report calls that the run did not offer, and parallel ones where it wanted none; all are played."""
        offered = self.driver.view.tool_names
        for call in calls:
            if call.name not in offered:
                self._report(
                    "script", message=f"calls {call.name}, which the run does not offer", offered=sorted(offered)
                )
        if len(calls) > 1 and not self.driver.view.parallel_tool_calls:
            self._report("script", message="makes parallel calls although parallel_tool_calls is false")

    # --- time -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _paced(pieces: Sequence[str], stream: Stream | None) -> list[tuple[float, str]]:
        """Return each piece with the seconds to wait before it."""
        stream = stream or Stream()
        gap = 1 / stream.tps if stream.tps else 0.0
        return [(gap if place else stream.ttft, piece) for place, piece in enumerate(pieces)]

    async def _stream(self, index: int, text: str, stream: Stream | None, piece: Any, so_far: Any) -> None:
        at = 0
        self.driver.writer.opened.so_far = lambda: so_far(text[:at])
        for pause, part in self._paced(cutting.cut(text, stream or Stream(chunk="whole")), stream):
            await self.driver.sleep(pause)
            self.driver.writer.step_delta(piece(index, part))
            at += len(part)
            await self._breathe()

    async def _breathe(self) -> None:
        if len(self.driver.unit.entries) >= MOST_AT_ONCE:
            await self.driver.breathe()

    async def _wait(self, action: Wait, note: Mapping[str, Any] | None) -> None:
        driver = self.driver
        if note is not None:
            await driver.sleep_until(note["until"])
        elif not driver.world.clock.jump(action.seconds):
            until = driver.world.clock.now() + action.seconds
            driver.note(until=until)
            await driver.sleep_until(until)

    # --- ends -------------------------------------------------------------------------------------------------------

    def fail(self, code: str, message: str) -> None:
        """Fail the run, and with it the step and the message that are open."""
        writer = self.driver.writer
        writer.partial()
        writer.close(
            "fail", last=True, error={"code": code if code in _STEP_ERRORS else "server_error", "message": message}
        )
        writer.signal("fail", last_error={"code": code, "message": message}, usage=writer.meter.total())

    def _stop(self, action: Incomplete) -> None:
        writer = self.driver.writer
        # A filter is named on the message too (documented); both token limits are one there.
        writer.close("stop", last=True, reason="content_filter" if action.reason == "content_filter" else None)
        details = {"reason": action.reason}
        writer.signal("stop", incomplete_details=details, usage=writer.meter.total())

    async def _expire(self, action: Expire) -> None:
        if not action.now:
            await self.driver.expiry()
        writer = self.driver.writer
        writer.close("expire", last=True)
        writer.signal("expire", usage=writer.meter.total())

    # --- the script's own business ------------------------------------------------------------------------------------

    def _check(self, action: Check) -> None:
        if not action.passed:
            self._report("check", message=action.message)
            self.fail("server_error", f"[emulator] check failed: {action.message}")

    def _remember(self, **change: Any) -> None:
        world, scope = self.driver.world, self.driver.turn.scope
        if scope is not None:
            known = dict(
                world.memory(self.driver.run["thread_id"], self.driver.run["assistant_id"]).scopes.get(scope, {})
            )
            if "vars" in change:
                change["vars"] = {**known.get("vars", {}), **change["vars"]}
            world.remember(self.driver.unit, scope, {**known, **change})
            self.driver.commit()

    def _report(self, kind: str, **about: Any) -> None:
        self.driver.world.report(self.driver.unit, kind, self.driver.run["id"], **about)


def _reached(annotations: Sequence[dict[str, Any]], at: int) -> list[dict[str, Any]]:
    """Return the annotations whose marker a text has reached; in their order, because clients count them."""
    return list(takewhile(lambda annotation: (annotation.get("end_index") or 0) <= at, annotations))
