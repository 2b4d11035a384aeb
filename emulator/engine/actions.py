"""Plays the actions of a script on a run, and is what the kinds of tools play on."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, assert_never

from emulator.domain import actions as words
from emulator.domain import search_results, waiting
from emulator.domain.actions import Action, CodeResult, Outputs, Result, Stream, from_json
from emulator.domain.calls import ToolCall
from emulator.domain.data_uris import from_data_uri
from emulator.domain.drift import ABSENT, FAILED, Difference, DriftKind, Mode, differences
from emulator.domain.id_forms import names_kept_file
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.domain.nearest import did_you_mean
from emulator.domain.tool_rules import mistakes_of
from emulator.domain.transcript import Progress
from emulator.engine import code_execution, corpus, drift, messages
from emulator.engine.action_log import ActionLog
from emulator.engine.chunks import chunks_of, paced
from emulator.engine.code_execution import NotExecutedError
from emulator.engine.gates import Gate
from emulator.engine.pauses import Pauses
from emulator.engine.script_memory import ScopeMemory, TooMuchToRememberError
from emulator.engine.transcripts import StoredTranscript
from emulator.store.documents import Row
from emulator.store.tables import RunAction
from emulator.tools import kinds
from emulator.tools.kind import uses_of

if TYPE_CHECKING:
    from emulator.engine.run_task import RunTask

_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class ActionPlayer:
    """Plays the actions of one run. written: names below /mnt/data -> ids of the files that its code wrote."""

    def __init__(self, task: "RunTask", log: ActionLog, memory: ScopeMemory, pauses: Pauses) -> None:
        self.namespace = task.namespace
        self.view = task.view
        self.written: dict[str, str] = {}
        self._turn = task.turn
        self._run_id = task.run_id
        self._segments = task.segments
        self._action_log = log
        self._memory = memory
        self._pauses = pauses
        self._gate = Gate(lambda: self.namespace.config.pace)

    @property
    def transcript(self) -> StoredTranscript:
        """What the run writes through."""
        return self._segments.transcript

    async def perform(self, action: Action, again: Row | None) -> Result:  # noqa: C901, PLR0912 - one case each
        """Play an action to its end and return its result. again: its log row, if it was begun before a restart."""
        progress: Progress = again["progress"] if again else None
        match action:
            case words.Say():
                return await messages.say(self, action, progress)
            case words.Refuse():
                return await messages.refuse(self, action, progress)
            case (
                words.Call()
                | words.Calls()
                | words.RunCode()
                | words.SearchFiles()
                | words.UseTool()
                | words.UseTools()
            ):
                return await self._use_tool(action, progress)
            case words.Wait():
                await self._wait(action.seconds, progress)
            case words.Hold():
                await self._wait_for(waiting.hold(action.name), Signal.RELEASE, action.name)
            case words.Fail():
                await self._fail(action, progress)
            case words.Incomplete():
                await self.gate()
                self.transcript.stop(action.reason)
            case words.Expire():
                await self._expire(now=action.now)
            case words.Check():
                self._check(action)
            case words.ReportDrift():
                self._report_drift(action)
            case words.Remember():
                await self._remember(action.vars)
            case words.Goto():
                await self._memory.change(self._segments.tx, state=action.state)
            case _:
                assert_never(action)
        return None

    # --- tools ------------------------------------------------------------------------------------------------------

    async def _use_tool(self, action: Action, progress: Progress) -> Result:
        kind = kinds.of_action(action)
        if kind is None:
            self._refuse(_unknown(action))
            return None
        if isinstance(action, words.SearchFiles) and (wrong := search_results.mistake_of(action)):
            self._refuse(wrong)
            return None
        uses = uses_of(action) if isinstance(action, words.UseTool | words.UseTools) else ()
        if progress is None and not self._may_be_called(uses):
            return None
        try:
            result: Result = await kind.play(self, action, progress)
        except NotExecutedError as error:
            self.report("script", message=str(error))
            self.fail("server_error", str(error))
            return None
        return result

    def _may_be_called(self, calls: Sequence[words.UseTool]) -> bool:
        """Report what is wrong with calls of tools, and return whether they are played nevertheless."""
        mistakes = [mistake for call in calls for mistake in mistakes_of(call)]
        fatal = next((mistake for mistake in mistakes if mistake.fatal or self.namespace.config.strict), None)
        if fatal is not None:
            self._refuse(fatal.message)
            return False
        for mistake in mistakes:
            self.report("script", message=mistake.message, strict=True)
        return True

    def _refuse(self, message: str) -> None:
        """Fail the run because of a mistake in its script, and say where that is."""
        self.report("script", message=message)
        self.fail("server_error", f"[emulator] {self._turn.place() or 'script'}: {message}")

    def new_call_id(self) -> str:
        """Return an id for a call."""
        return self.new_id("call")

    def new_id(self, kind: str) -> str:
        """Return an id for an object that a tool says it has made."""
        return self._pauses.id(partial(self.namespace.ids.make, kind))

    async def keep_images(self, images: Sequence[str], again: Progress) -> list[str]:
        """Keep images, which are data URIs or ids of files; return the files' ids: those of before, if it is again."""
        return list(again["images"]) if again is not None else [await self._keep_image(image) for image in images]

    async def _keep_image(self, image: str) -> str:
        if names_kept_file(image):
            return image
        media_type, data = from_data_uri(image)
        return await self.transcript.keep_file(None, data, _ENDINGS.get(media_type, "png"))

    async def write(self, call: ToolCall, stream: Stream | None) -> None:
        """Begin a call, and let its text arrive in its time."""
        self.transcript.open_call(call)
        how = stream or Stream()
        cut = chunks_of(self, call.text, how)
        async for first, last in paced(self, cut, how):
            self.transcript.append_call(cut, first, last)

    async def write_whole(self, call: ToolCall, stream: Stream | None) -> None:
        """Begin a call when its text has arrived in its time: nothing is seen of it before."""
        how = stream or Stream()
        async for _ in paced(self, chunks_of(self, call.text, how), how):
            pass
        self.transcript.open_call(call, streamed=False)

    async def answers(self) -> Mapping[str, Any]:
        """Wait for what the client answers, which is logged with its request, and let the run go on."""
        await self._pause_for_the_client()
        row = await self._segments.tx.find(RunAction, run_id=self._run_id, n=self._action_log.count)
        if row is None or "answers" not in (row["progress"] or {}):
            raise LookupError(f"the answers to {self._run_id} are gone")
        if self.transcript.status == "queued":
            await self.start()
        answers: Mapping[str, Any] = row["progress"]["answers"]
        return answers

    async def outputs(self) -> Outputs | None:
        """Wait for what the client answers, which is logged with its request. None: the calls have ended the run."""
        if self.transcript.status in RUN_TERMINAL:
            return None
        await self._pause_for_the_client()
        row = await self._segments.tx.find(RunAction, run_id=self._run_id, n=self._action_log.count)
        if row is None or row["result"] is None:
            raise LookupError(f"the outputs of {self._run_id} are gone")
        outputs: Outputs = from_json(row["result"])
        return outputs

    async def _pause_for_the_client(self) -> None:
        self._end_as_scheduled()
        self._pauses.mark()
        await self._segments.pause(waiting.OUTPUTS, lambda: self.transcript.status != "requires_action")
        self._pauses.mark()

    async def execute(self, code: str) -> CodeResult:
        """Really run code on the run's files. Raises `NotExecutedError` where that is not allowed or not safe."""
        files = await code_execution.readable_files(self.namespace, self._segments.tx, self.view)
        execute = partial(code_execution.execute, self.namespace, self.transcript.workspace, code, files)
        ran = await self._segments.outside(execute, waiting.CODE)
        keep = self.transcript.keep_file
        images = [await keep(None, picture) for picture in ran.images]
        written = [{"name": file.name, "file_id": await keep(file.name, file.content)} for file in ran.files]
        return CodeResult(ran.logs.rstrip("\n"), tuple(images), tuple(written))

    def take_files(self, result: Result) -> None:
        """Note the files that code has written, which later texts may name."""
        if isinstance(result, CodeResult):
            self.written.update({file["name"]: file["file_id"] for file in result.files})

    async def search(
        self, stores: Sequence[str], query: str, *, limit: int, threshold: float
    ) -> Sequence[Mapping[str, Any]]:
        """Return the best pieces of the files in some stores."""
        search = partial(corpus.search, self.namespace, stores, query, limit=limit, threshold=threshold)
        return await self._segments.outside(search)

    def refuse_strictly(self, message: str) -> bool:
        """Fail the run if its namespace is strict, and return whether it is."""
        if self.namespace.config.strict:
            self.fail("server_error", message)
        return self.namespace.config.strict

    # --- time -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Let a queued run be in progress, when it has been queued for long enough."""
        await self.gate()
        self.transcript.start()
        self._pauses.begin_status()
        await self.hold()

    async def gate(self) -> None:
        """Show the status as long as the namespace's pace says, or a hold, before the next one comes."""
        was_held = self._pauses.enter_gate()
        is_shown = await self._hold_in_gate() or was_held
        if not is_shown:
            await self.sleep(self._gate.seconds())
        if not is_shown and self._gate.close(is_streamed=self.is_streamed):
            if not self._pauses.is_passed():
                self._gate.polls = self._pauses.begin_polls()
                await self._segments.pause(waiting.GATE, lambda: self._segments.took(Signal.STEP) or self._is_held())
                self._pauses.end()
        else:
            self._segments.took(Signal.STEP)  # before a restart the pace was another one
        await self._hold_in_gate()
        self._pauses.held = False

    async def _hold_in_gate(self) -> bool:
        self._pauses.held = self._pauses.held or self._is_held()
        return await self.hold()

    async def hold(self) -> bool:
        """Stay in the status for as long as the run is held there; return whether it was. Or end there, if it is to."""
        self._end_as_scheduled()
        is_held = self._is_held()
        if is_held:
            await self._segments.pause(waiting.hold(self.transcript.status), lambda: not self._is_held())
        return is_held

    def _end_as_scheduled(self) -> None:
        """End the run, by an exception, if that is to happen at the status that it is in."""
        signal = self._segments.ends_at.get(self.transcript.status)
        if signal is None:
            return
        # Whoever ends a run by hand races nobody.
        self.namespace.note_read(self._segments.tx, self.view.thread_id, self._run_id)
        if signal is Signal.CANCEL:
            self.transcript.cancel()
        self._segments.interrupt(signal)

    def _is_held(self) -> bool:
        return self.transcript.status in self._segments.held_at

    async def _wait_for(self, what: str, signal: Signal, name: str | None = None) -> None:
        await self._segments.pause(what, partial(self._segments.took, signal, name))

    def is_streamed(self) -> bool:
        """Return whether a client reads the run's stream: then nobody polls."""
        return self._segments.is_streamed()

    def polled(self) -> bool:
        """Count a poll that saw the status; return whether that was the last one needed."""
        is_last = self._gate.polled()
        self._pauses.polls = self._gate.polls
        return is_last

    async def sleep(self, seconds: float) -> None:
        """Let time pass on the namespace's clock."""
        if (until := self.begin_sleep(seconds)) is not None:
            await self.end_sleep(until)

    def begin_sleep(self, seconds: float) -> float | None:
        """Return until when `end_sleep` has to wait; None where that time has passed, or passes at once."""
        if seconds <= 0 or self._pauses.is_passed():
            return None
        clock = self.namespace.clock
        until = self._pauses.begin_until(clock.now() + seconds)
        if not clock.jump(max(0.0, until - clock.now())):
            return until
        self._pauses.end()
        return None

    async def end_sleep(self, until: float) -> None:
        """Wait for the time that `begin_sleep` has returned."""
        await self._segments.sleep_until(until)
        self._pauses.end()

    async def yield_to_loop(self) -> None:
        """Let others go first."""
        await self._segments.yield_to_loop()

    async def _wait(self, seconds: float, progress: Progress) -> None:
        clock = self.namespace.clock
        if progress is not None:
            if not clock.jump(max(0.0, progress["until"] - clock.now())):
                await self._segments.sleep_until(progress["until"])
        elif not clock.jump(seconds):
            until = clock.now() + seconds
            self.log_progress(until=until)
            await self._segments.sleep_until(until)

    # --- ends -------------------------------------------------------------------------------------------------------

    async def _fail(self, action: words.Fail, progress: Progress) -> None:
        # A mistake in a turn that was chosen; a run that no turn matches is in the report already.
        # Drift is there, too.
        is_known = self._turn.key is None or action.message.startswith(FAILED)
        if action.message.startswith("[emulator]") and not is_known:
            self.report("script", message=action.message)
        if not action.calls:
            await self.gate()
        elif not await self._leave_open(action.calls, progress):
            return
        self.fail(action.code, action.message)

    async def _leave_open(self, calls: Sequence[words.Call] | Sequence[words.UseTool], progress: Progress) -> bool:
        """Make calls that nothing comes of; return False where the script may not make them, and the run has failed."""
        kind = kinds.of_action(calls[0])
        if kind is None:
            self._refuse(_unknown(calls[0]))
            return False
        if progress is None:
            uses = [call for call in calls if isinstance(call, words.UseTool)]
            if not self._may_be_called(uses) or not kind.may_make(self, calls):
                return False
            self.transcript.close()
        made = await kind.make(self, calls, progress)
        self.transcript.finish_calls(made, "".join(call.text for call in made))
        return True

    def fail(self, code: str, message: str) -> None:
        """Fail the run, and with it the step and the message that are open."""
        self.transcript.fail(code, message)
        if message.startswith("[emulator]"):
            self.namespace.warn_of_script(self._run_id, message)

    async def _expire(self, *, now: bool) -> None:
        if not now and self.namespace.clock.mode != "auto":
            await self._segments.wait_for_expiry()
        await self.gate()
        if not now and not self._jump_to_expiry():  # the clock was changed meanwhile
            await self._segments.wait_for_expiry()
        self.transcript.expire()

    def _jump_to_expiry(self) -> bool:
        """Let the rest of the run's life pass at once if the clock is auto: the script asks for it, as for a delay."""
        clock, expires_at = self.namespace.clock, self.transcript.expires_at
        return expires_at is None or clock.jump(max(0.0, expires_at - clock.now()))

    # --- the script's own business ------------------------------------------------------------------------------------

    def _check(self, action: words.Check) -> None:
        if not action.passed:
            self.report("check", message=action.message)
            place = self._turn.place()
            where = "" if place is None else f"{place}: "
            self.fail("server_error", f"[emulator] {where}check failed: {action.message}")

    async def _remember(self, changed: Mapping[str, Any]) -> None:
        try:
            await self._memory.change(self._segments.tx, vars=changed)
        except TooMuchToRememberError as error:
            self._refuse(str(error))

    def log_progress(self, **progress: Any) -> None:
        """Note how far the action in hand has got, for a start after a crash."""
        self._pauses.mark()
        self._action_log.log_progress(self._segments.tx, progress)

    @property
    def recording(self) -> Mode | None:
        """How the recording is replayed that the run's turn comes from; None where it comes from none."""
        return self._turn.recording

    def report_drift(
        self, kind: DriftKind, found: Sequence[Difference], call: str, below: Sequence[str | int] = ()
    ) -> None:
        """Note where a call is not as it was recorded. below: where that stands within the action."""
        tx = self._segments.tx
        drift.report(self.namespace, tx, self._run_id, self._turn, kind=kind, found=found, call=call, below=below)

    def _report_drift(self, action: words.ReportDrift) -> None:
        """Note what the script has noticed, or how outputs differ that the client has brought."""
        if action.call is not None:
            self.report_drift(action.kind, differences(action.recorded, action.got), action.call, action.below)
            return
        found = Difference(action.path, action.recorded, ABSENT if action.got is None else action.got)
        drift.report(self.namespace, self._segments.tx, self._run_id, self._turn, kind=action.kind, found=[found])

    def report(self, kind: str, **about: Any) -> None:
        """Note something that a test should know."""
        if kind in ("script", "check") and (place := self._turn.place()) is not None:
            about["place"] = str(place)
        self.namespace.report(self._segments.tx, kind, self._run_id, **about)


def _unknown(action: Action) -> str:
    """Return what is wrong with the use of a tool that no kind plays."""
    name = uses_of(action)[0].kind
    hint = did_you_mean(name, kinds.types_on(None))
    return f"uses {name}, which is no kind of tool that it can be used for{hint}"
