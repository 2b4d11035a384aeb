"""What a kind of tool is: how it is offered, how its calls look, and how they are played.

Each kind has a module of its own in this package, which names it as ``KIND``; nothing else has to be touched to add
one. A kind that has no word of its own in scripts is called by ``tool:``, and then needs no more than its shapes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

from emulator.domain.actions import (
    Action,
    AllUsed,
    CodeResult,
    Outputs,
    Result,
    Stream,
    Used,
    UseTool,
    UseTools,
    as_text,
)
from emulator.domain.calls import ToolCall
from emulator.domain.drift import Difference, DriftKind, Mode
from emulator.domain.nearest import did_you_mean
from emulator.domain.transcript import Progress, Transcript
from emulator.domain.view import ModelView
from emulator.tools.body import Body
from emulator.tools.json_schema import ANYTHING, TEXT, Schema, just, shape

Doc = dict[str, Any]
Word = TypeVar("Word", bound=Action)
# Named here, because `type` is a field of a kind.
_Definition = type[Body]
_Words = tuple[type[Action], ...]


class Summary(NamedTuple):
    """A call in a few words, alike for all kinds. name: of the function; else the type. None: there is none (yet)."""

    name: str
    arguments: str | None
    output: str | None


class Player(Protocol):
    """What a kind may ask of the run that plays its call."""

    view: ModelView

    @property
    def transcript(self) -> Transcript:
        """What the run writes through."""

    def new_call_id(self) -> str:
        """Return an id for a call."""

    def new_id(self, kind: str) -> str:
        """Return an id for an object that a tool says it has made. kind: as `emulator.ids` knows it."""

    def log_progress(self, **progress: Any) -> None:
        """Note what was begun, for a start after a crash."""

    def report(self, kind: str, **about: Any) -> None:
        """Note something that a test should know."""

    @property
    def recording(self) -> Mode | None:
        """How the recording is replayed that the run's turn comes from; None where it comes from none."""

    def report_drift(
        self, kind: DriftKind, found: Sequence[Difference], call: str, below: Sequence[str | int] = ()
    ) -> None:
        """Note where a call is not as it was recorded. below: where that stands within the action."""

    async def keep_images(self, images: Sequence[str], again: Progress) -> list[str]:
        """Keep images, data URIs, as files; return their ids: those of before, if the action is played again."""

    async def write(self, call: ToolCall, stream: Stream | None) -> None:
        """Begin a call, and let its text arrive in its time."""

    async def write_whole(self, call: ToolCall, stream: Stream | None) -> None:
        """Begin a call when its text has arrived in its time: nothing is seen of it before."""

    async def gate(self) -> None:
        """Show what there is as long as the namespace's pace says."""

    async def outputs(self) -> Outputs | None:
        """Wait for what the client answers. None: the calls have ended the run, and others go on from there."""

    async def answers(self) -> Mapping[str, Any]:
        """Wait for what the client answers to calls that go on with it, and let the run go on; by their ids."""

    async def execute(self, code: str) -> CodeResult:
        """Really run code on the run's files."""

    async def search(
        self, stores: Sequence[str], query: str, *, limit: int, threshold: float
    ) -> Sequence[Mapping[str, Any]]:
        """Return the best pieces of the files in some stores: file_id, file_name, score, attributes, content."""

    def refuse_strictly(self, message: str) -> bool:
        """Fail the run if its namespace is strict, and return whether it is."""


class Kind(Generic[Word]):
    """A kind of tool.

    type: its name on the wire. rank: its place where refusals list the kinds. definition: the body by which it is
    offered. words: the actions of scripts that call it; none: `UseTool` does. answered_by: what the client is asked for
    where it has to answer a call. announced_twice: whether a stream tells of the creation of its steps twice.
    """

    type: ClassVar[str]
    definition: ClassVar[_Definition]
    rank: ClassVar[int] = 100
    words: ClassVar[_Words] = ()
    answered_by: ClassVar[str] = "submit_tool_outputs"
    announced_twice: ClassVar[bool] = False

    # --- shapes -----------------------------------------------------------------------------------------------------

    def definition_schema(self) -> Schema:
        """Return the schema of the tool as the API shows it."""
        return {"type": "object", "properties": {"type": just(self.type)}, "required": ["type"]}

    def call_schema(self) -> Schema:
        """Return the schema of a call as its step shows it."""
        return shape({"id": TEXT, "type": just(self.type), self.type: ANYTHING})

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it."""
        details = {"input": call.text, "output": (call.result or {}).get("output")}
        return {"id": call.id, "type": self.type, self.type: details}

    def required(self, call: ToolCall) -> Doc:  # noqa: ARG002 - for the kinds that are answered
        """Return a call as `required_action` shows it, where the client has to answer it."""
        raise TypeError(f"nobody answers a call of {self.type}")

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call."""
        return {"index": index, "id": call.id, "type": self.type, self.type: {"input": ""}}

    def piece(self, index: int, text: str) -> Doc:
        """Return a delta with the next piece of a call's text."""
        return {"index": index, "type": self.type, self.type: {"input": text}}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with what came of a call; None where there is none."""
        if call.result is None:
            return None
        return {"index": index, "type": self.type, self.type: {"output": call.result.get("output")}}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        text = call[self.type].get("input")
        return text if isinstance(text, str) else ""

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document: name, arguments or input, and output, as far as it has them."""
        fields: Doc = call.get(self.type) or {}
        return fields

    def summary(self, call: Doc) -> Summary:
        """Return a call's document in a few words."""
        fields = self.fields(call)
        asked = fields["arguments"] if "arguments" in fields else fields.get("input") or None
        return Summary(_text(fields.get("name")) or self.type, _text(asked), _text(fields.get("output")))

    def without_content(self, call: Doc) -> Doc:
        """Return a call's document without what only `include[]` shows."""
        return call

    # --- behaviour --------------------------------------------------------------------------------------------------

    async def play(self, player: Player, action: Word, again: Progress) -> Result:
        """Play a call to its end and return its result. again: what was begun before a restart."""
        uses = uses_of(action)
        if again is None and not self.may_make(player, uses):
            return None
        made = await self.make(player, uses, again)
        done = [replace(call, result={"output": use.output}) for call, use in zip(made, uses, strict=True)]
        for call in done:
            player.transcript.add_result(call)
        player.transcript.finish_calls(done, "".join(call.text for call in done))
        return result_of(action, [Used(use.output) for use in uses])

    async def make(self, player: Player, calls: Sequence[Any], again: Progress) -> Sequence[ToolCall]:
        """Make calls, all those of an action, in one step, which stays open for what comes of them."""
        player.log_progress(**player.transcript.begin_calls(again))
        made = []
        for use in calls:
            call = ToolCall(player.new_call_id(), self.type, self.text(use), self.known(player, use))
            await self.write(player, call, use)
            made.append(call)
        await player.gate()
        return made

    def may_make(self, player: Player, calls: Sequence[Any]) -> bool:
        """Return whether a run may make calls; what it does not offer is reported, and refused where it is strict."""
        odd = list(self.oddities(player.view, calls))
        for message in odd:
            player.report("script", message=message, offered=sorted(self.offered(player.view)), strict=True)
        return not (odd and player.refuse_strictly(f"[emulator] script {odd[0]}"))

    def oddities(self, view: ModelView, calls: Sequence[Any]) -> Iterable[str]:
        """Yield what is odd about calls: that the run does not offer the tool, or offers none of their names."""
        offered = [(tool, self.names(tool)) for tool in view.tools if tool["type"] == self.type]
        if not offered:
            yield f"uses {self.type}, which the run does not offer"
        for use in calls:
            named = [names for tool, names in offered if self.reaches(tool, use)]
            if named and all(named) and not any(use.name in names for names in named):
                hint = did_you_mean(use.name or "", {name for names in named for name in names})
                yield f"calls {use.name} of {self.type}, which the run does not offer{hint}"

    def offered(self, view: ModelView) -> Collection[str]:
        """Return what a run offers in place of what it does not: names that calls of this kind may have, else tools."""
        names = {name for tool in view.tools if tool["type"] == self.type for name in self.names(tool)}
        return names or view.tool_names

    def reaches(self, tool: Mapping[str, Any], use: UseTool) -> bool:  # noqa: ARG002 - for the kinds that say which
        """Return whether a call may go to a tool of this kind that the run offers."""
        return True

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:  # noqa: ARG002 - for the kinds with functions
        """Return the names by which a tool that a run offers is called; none where calls have none, or any."""
        return ()

    def text(self, action: UseTool) -> str:
        """Return what a call is asked, as the API shows it."""
        return action.text

    def about(self, action: UseTool) -> Doc:
        """Return what is known of a call when it begins, beside its text."""
        return {"name": action.name, **action.details}

    def known(self, player: Player, action: UseTool) -> Doc:  # noqa: ARG002 - for the kinds that ask the run
        """Return what is known of a call when a run makes it: `about`, and what the run says of it."""
        return self.about(action)

    async def write(self, player: Player, call: ToolCall, action: UseTool) -> None:
        """Begin a call, and let its text arrive in its time."""
        await player.write(call, action.stream)


def _text(value: Any) -> str | None:
    return None if value is None else as_text(value)


def uses_of(action: Action) -> Sequence[UseTool]:
    """Return the calls of an action that uses a tool; raise `TypeError` for any other."""
    match action:
        case UseTool():
            return (action,)
        case UseTools():
            return action.calls
        case _:
            raise TypeError(f"{type(action).__name__} uses no tool")


def result_of(action: Action, used: Sequence[Used]) -> Used | AllUsed:
    """Return the result of an action from those of its calls."""
    return used[0] if isinstance(action, UseTool) else AllUsed(tuple(used))
