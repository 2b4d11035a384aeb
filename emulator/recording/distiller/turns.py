"""Runs as turns: what each did, when it is played, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from emulator.domain.keys import MASK
from emulator.recording.distiller.actions import Done, actions_of
from emulator.recording.distiller.assistants import Assistants
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.messages import NOT_RECORDED, is_known, message_step
from emulator.recording.distiller.texts import Texts
from emulator.recording.distiller.tool_steps import ToolSteps
from emulator.recording.evidence.known import Doc, KnownMessage, KnownRun
from scripted_models.grammar.steps import FailCode, StopReason

CANCELLED: Final = "cancelled"
_FAIL_CODES: Final = get_args(FailCode)
_STOP_REASONS: Final = get_args(StopReason)
# Of a glob, beside the mask of a secret: a text that has one of these is compared as it is.
_GLOB_SIGNS: Final = frozenset("?[]")
_LONGEST_GLOB: Final = 1_000


@dataclass(slots=True)
class Lost:
    """What the recording does not show of a run, by what is said of it."""

    texts: int = 0
    tools: dict[str, None] = field(default_factory=dict)
    codes: dict[str, None] = field(default_factory=dict)


class Turns:
    """Makes the turns of one scenario. lost: what could not be kept."""

    def __init__(self, texts: Texts, files: Files, assistants: Assistants) -> None:
        self._texts = texts
        self._files = files
        self._assistants = assistants
        self.lost = Lost()

    def turn(self, run: KnownRun, name: str, chain: str) -> dict[str, Any]:
        """Return the turn of a run."""
        turn: dict[str, Any] = {"name": name, "chain": chain}
        if run.prompt is not None and run.prompt.text.strip():
            turn["when"] = {"message": self._matcher(run.prompt)}
        turn["recorded"] = {**self._recorded(run), "source": self._texts.plain(str(run.where))}
        turn["steps"] = self._steps(run)
        if usage := _usage(run):
            turn["usage"] = usage
        return turn

    def _matcher(self, prompt: KnownMessage) -> Any:
        """Return the test of a message: its text; where that holds a secret, whatever stands in its place."""
        plain = self._texts.plain(prompt.text)
        is_masked = plain != prompt.text and not _GLOB_SIGNS & set(plain) and "*" not in plain.replace(MASK, "")
        return {"glob": plain} if is_masked and len(plain) <= _LONGEST_GLOB else plain

    def _recorded(self, run: KnownRun) -> dict[str, Any]:
        recorded = self._assistants.context_of(run)
        names = [self._files.name(file) for file in run.files]
        # What has no name cannot be found again among the files of today, and would seem to be missing.
        return {**recorded, "files": names} if names and None not in names else recorded

    # --- steps ------------------------------------------------------------------------------------------------------

    def _steps(self, run: KnownRun) -> list[dict[str, Any]]:
        tools = ToolSteps(run, self._texts, self._files)
        steps: list[dict[str, Any]] = []
        actions = actions_of(run)
        for done in actions:
            if not done.is_message:
                steps += tools.steps(done.calls)
            elif done.message is not None and is_known(done.message):
                steps.append(message_step(done.message, self._texts, self._files, tools.drawn))
            elif done.message is None or not run.cut:
                self.lost.texts += 1
                steps.append({"say": NOT_RECORDED})
        if not any(done.is_message for done in actions) and _has_unseen_answer(run):
            self.lost.texts += 1
            steps.append({"say": NOT_RECORDED})
        self.lost.tools.update(tools.left_out)
        return self._with_end(run, steps, actions)

    def _with_end(self, run: KnownRun, steps: list[dict[str, Any]], actions: Sequence[Done]) -> list[dict[str, Any]]:
        if reason := _stopped_by(run):
            return [*steps, {"stop": reason}]
        match run.end:
            case "failed":
                return self._with_failure(run, steps, actions)
            case "expired":
                return [*steps, {"expire": True}]
            case "cancelled":
                return [*steps, {"hold": CANCELLED}]
            case None if run.cancelled or run.status == "cancelling":
                return [*steps, {"hold": CANCELLED}]
            case _:
                return steps

    def _with_failure(
        self, run: KnownRun, steps: list[dict[str, Any]], actions: Sequence[Done]
    ) -> list[dict[str, Any]]:
        error = run.document.get("last_error", {})
        code = error.get("code") or "server_error"
        if code not in _FAIL_CODES:
            self.lost.codes[code] = None
            code = "server_error"
        failure: dict[str, Any] = {"fail": code}
        if error.get("message"):
            failure["message"] = self._texts.template(error["message"])
        if actions and steps and _is_unanswered(run, actions[-1]):
            steps[-1] |= failure
            return steps
        return [*steps, failure]


def _stopped_by(run: KnownRun) -> str | None:
    """Return why a run is incomplete. In April 2024 such a run was `completed` for v1, with the reason (recorded)."""
    reason = run.document.get("incomplete_details", {}).get("reason")
    if run.end != "incomplete" and not (run.end == "completed" and reason):
        return None
    return reason if reason in _STOP_REASONS else "max_completion_tokens"


def _is_unanswered(run: KnownRun, last: Done) -> bool:
    """Return whether a run ended while it waited for the outputs of its last calls, which are all of one step."""
    if last.is_message or any(call.type != "function" for call in last.calls):
        return False
    return all(run.outputs.get(call.id or "") is None for call in last.calls)


def _has_unseen_answer(run: KnownRun) -> bool:
    """Return whether a run has said something that nobody fetched: nothing shows that it was silent."""
    return run.end == "completed" and not run.texts_whole and not run.steps_whole


def _usage(run: KnownRun) -> dict[str, int]:
    usage: Doc = run.document.get("usage", {})
    counts = {name: usage[name] for name in ("prompt_tokens", "completion_tokens") if name in usage}
    return counts if any(counts.values()) else {}
