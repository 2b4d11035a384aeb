"""The step of a run that is open: what has been shown of it so far, and what it would hold if it ended now."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from emulator.domain.calls import Cut, ToolCall
from emulator.tools import kinds
from emulator.wire import messages

Doc = dict[str, Any]


@dataclass(slots=True)
class OpenStep:
    """A step that is not closed yet, with its message if it writes one.

    written: what it cost tokens for. is_partial: what has been appended is in no document yet. annotations: as deltas
    showed them. make: returns a delta of the text that is being appended. calls: those that were begun, the last one
    being written. deltas: how many there were. known: so many of them were told before the run was interrupted.
    """

    step: Doc
    message: Doc | None = None
    written: str = ""
    is_partial: bool = False
    images: list[Doc] = field(default_factory=list)
    annotations: list[Mapping[str, Any]] = field(default_factory=list)
    refuses: bool = False
    calls: list[ToolCall] = field(default_factory=list)
    make: Any = None
    deltas: int = 0
    known: int = 0
    _cut: Cut | None = None
    _reached: int = 0

    @property
    def the_message(self) -> Doc:
        """The message; only for a step that writes one."""
        if self.message is None:
            raise LookupError("this step writes no message")
        return self.message

    def reach(self, cut: Cut, piece: int) -> None:
        """Note that a text has been appended up to a piece, which is not among what has been."""
        self._cut, self._reached = cut, piece

    @property
    def text(self) -> str:
        """What has been appended to the message, or to the call that is being written."""
        return self._cut.text[: self._cut.edges[self._reached]] if self._cut else ""

    def begin_text(self) -> None:
        """Let another text begin."""
        self._cut, self._reached, self.make = None, 0, None

    def content(self, *, whole: bool) -> list[Doc]:
        """Return what the message holds. whole: nothing more comes, so a message without anything has an empty text."""
        text = self.text
        if self.refuses:
            return [{"type": "refusal", "refusal": text}] if text or whole else []
        final = [messages.annotation(annotation) for annotation in self.annotations]
        has_text = bool(text) or (whole and not self.images)
        return [*self.images, *([messages.text_part(text, final)] if has_text else [])]

    def partial(self) -> dict[str, Any] | None:
        """Return what has been appended and is in no document yet, for `take_partial`; None for nothing."""
        if not self.is_partial:
            return None
        return {
            "text": self.text,
            "message": self.message,
            "images": self.images,
            "annotations": self.annotations,
            "refuses": self.refuses,
            "calls": [asdict(call) for call in self.calls],
        }

    def take_partial(self, partial: Mapping[str, Any]) -> None:
        """Hold what an earlier process has appended, in case that the step ends before it is written again."""
        self.is_partial = True
        self.reach(Cut.of([partial["text"]]), 1)
        self.message = self.message or partial["message"]
        self.images, self.annotations = list(partial["images"]), list(partial["annotations"])
        self.refuses = partial["refuses"]
        self.calls = [ToolCall(**call) for call in partial["calls"]]

    def calls_so_far(self) -> tuple[list[Doc], str]:
        """Return the calls that were begun, and what of them cost tokens."""
        so_far = [*self.calls[:-1], replace(self.calls[-1], text=self.text)]
        return call_documents(so_far), "".join(call.text for call in so_far)


def call_documents(calls: Sequence[ToolCall]) -> list[Doc]:
    """Return calls as their step shows them."""
    return [kinds.of_call(call.kind).call(call) for call in calls]


def written(step: Mapping[str, Any], message: Mapping[str, Any] | None) -> str:
    """Return what a stored step cost tokens for, as it was counted when it was written."""
    if message is not None:
        parts = message["content"]
        return "".join(part["text"]["value"] if "text" in part else part.get("refusal", "") for part in parts)
    calls = step["step_details"].get("tool_calls", ())
    known = ((kinds.of_type(call["type"]), call) for call in calls)
    return "".join(kind.written(call) for kind, call in known if kind is not None)
