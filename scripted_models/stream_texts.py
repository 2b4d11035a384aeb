"""The texts that a step streams, as far as they are known before the step is played."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from emulator.domain.actions import Call, UseTool
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.problems import Finding, Path, Problem
from scripted_models.reader import Document
from scripted_models.rules import Rule
from scripted_models.templating import is_template, static
from scripted_models.traversal import walk


class StreamText(NamedTuple):
    """A text with its stream. path: within the step. text: None where it depends on the run."""

    path: Path
    text: str | None
    stream: StreamSpec | None

    @property
    def pieces(self) -> list[str] | None:
        """The pieces that the script writes out; None where it names a size or nothing."""
        chunk = self.stream.chunk if self.stream else None
        return chunk if isinstance(chunk, list) else None


def stream_texts(step: g.Step) -> Iterator[StreamText]:
    """Yield every text of a step that can be streamed."""
    match step:
        case g.SayStep():
            yield StreamText((), static(step.say), step.stream)
        case g.RefuseStep():
            yield StreamText((), static(step.refuse), step.stream)
        case g.CodeStep():
            yield StreamText((), static(step.code), step.stream)
        case g.CallStep():
            yield StreamText((), _known(step.args, Call("", step.args).arguments), step.stream)
        case g.CallsStep():
            for number, call in enumerate(step.call):
                yield StreamText(("call", number), _known(call.args, Call("", call.args).arguments), call.stream)
        case g.ToolStep():
            yield _asked((), step)
        case g.ToolsStep():
            for number, use in enumerate(step.calls):
                yield _asked(("calls", number), use)


def _asked(path: Path, use: g.ToolUse) -> StreamText:
    asked = use.asked[1]
    return StreamText(path, _known(asked, UseTool("", asked).text), use.stream)


def _known(value: Any, text: str) -> str | None:
    """Return the text of a value that is shown as JSON unless it is a text itself; None where it is a template."""
    if isinstance(value, str):
        return static(value)
    return None if is_template(text) else text


def unmade_streams(document: Document, turn: TurnSpec, path: Path) -> Iterator[Problem]:
    """Yield a warning for each text that may be streamed otherwise than its pieces say. path: of the turn."""
    for here, step in walk(turn.steps, (*path, "steps")):
        for streamed in stream_texts(step):
            if streamed.text is None and streamed.pieces is not None:
                message = "streamed whole where the pieces do not add up to the filled text"
                found = Finding((*here, *streamed.path, "stream", "chunk"), Rule.STREAM, message)
                yield document.problem(found, warning=True)
