"""A computer that the model uses and the client drives: each action is answered by a screenshot."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from emulator.domain.actions import AllUsed, Used, UseTool, UseTools
from emulator.domain.calls import ToolCall
from emulator.domain.transcript import Progress
from emulator.tools.foundry.kind import FoundryKind, FoundryTool, Kept
from emulator.tools.kind import Doc, Player, result_of, uses_of


class Screen(Kept):
    """The computer's screen."""

    display_width: int
    display_height: int
    environment: str


class ComputerUseTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["computer_use_preview"]
    computer_use_preview: Screen


class ComputerUse(FoundryKind):
    """Actions: about: action, pending_safety_checks; result: output, acknowledged_safety_checks."""

    type = "computer_use_preview"
    definition = ComputerUseTool

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it; there is no screenshot before the client has sent it (unverified)."""
        result = call.result or {}
        fields = {**call.about, "output": result.get("output")}
        if result.get("acknowledged_safety_checks") is not None:
            fields["acknowledged_safety_checks"] = result["acknowledged_safety_checks"]
        return {"id": call.id, "type": self.type, self.type: fields}

    def required(self, call: ToolCall) -> Doc:
        """Return a call as `required_action` shows it."""
        return {"id": call.id, "type": self.type, self.type: dict(call.about)}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the one delta of a call."""
        return {"index": index, "id": call.id, "type": self.type, self.type: dict(call.about)}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        return str(call[self.type]["action"])

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document: the action, and the screenshot."""
        fields = super().fields(call)
        return {"input": fields.get("action"), "output": fields.get("output")}

    def about(self, action: UseTool) -> Doc:
        """Return what is known of a call when it begins."""
        asked: Any = action.input if isinstance(action.input, dict) else {"type": action.text}
        return {"action": asked, "pending_safety_checks": [], **action.details}

    async def play(self, player: Player, action: UseTool | UseTools, again: Progress) -> Used | AllUsed | None:
        """Ask the client for actions, and take its screenshots."""
        transcript, uses = player.transcript, uses_of(action)
        if again is None and not self.may_make(player, uses):
            return None
        calls = self._calls(player, uses, again)
        text = "".join(call.text for call in calls)
        if again is None or ("answers" not in again and transcript.status != "requires_action"):
            await self._open(player, calls, again)
            transcript.finish_calls(calls, text)
            transcript.require_action(calls)
        answers = await player.answers()
        transcript.finish_calls([replace(call, result=answers[call.id]) for call in calls], text)
        return result_of(action, [Used(answers[call.id]["output"]) for call in calls])

    async def make(self, player: Player, calls: Sequence[UseTool], again: Progress) -> Sequence[ToolCall]:
        """Ask the client for actions in one step, which stays open for its screenshots."""
        made = self._calls(player, calls, again)
        await self._open(player, made, again)
        return made

    def _calls(self, player: Player, uses: Sequence[UseTool], again: Progress) -> list[ToolCall]:
        ids = again["calls"] if again is not None else [player.new_call_id() for _ in uses]
        return [ToolCall(id_, self.type, use.text, self.about(use)) for id_, use in zip(ids, uses, strict=True)]

    async def _open(self, player: Player, calls: Sequence[ToolCall], again: Progress) -> None:
        player.log_progress(**player.transcript.begin_calls(again), calls=[call.id for call in calls])
        for call in calls:
            player.transcript.open_call(call, streamed=False)
        await player.gate()


KIND = ComputerUse()
