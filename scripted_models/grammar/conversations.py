"""``fixtures.threads``: conversations of before, with their messages and the runs that have ended."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from emulator.domain.instants import moment
from scripted_models.grammar.identity import Id, Metadata
from scripted_models.grammar.parts import Arguments, Names, Strict, grammar_error, unexpected
from scripted_models.grammar.steps import FailCode, StopReason, Wire, Word


def _moment(text: str) -> str:
    try:
        moment(text, now=0)
    except ValueError as error:
        raise grammar_error(str(error)) from None
    return text


Moment = Annotated[
    str,
    AfterValidator(_moment),
    Field(description='An instant such as "2026-01-05T09:00:00Z", or how long before the thread is made: -3d.'),
]


def _content(value: Any) -> Any:
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, dict) for part in value)):
        return value
    raise unexpected(value, "text, or a list of parts in the API's shape, each a mapping with type")


class MessageFixture(Strict):
    """A message that is in a thread from the start."""

    id: Id | None = None
    created_at: Moment | None = Field(None, description="When it was written; left out, when the one before it was.")
    role: Literal["user", "assistant"] = "user"
    content: Annotated[
        str | list[dict[str, Any]],
        PlainValidator(_content),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]}),
    ]
    annotations: list[Wire] = Field(default_factory=list, description="Of a text, in the API's own shape.")
    files: Names | None = Field(None, description="Attached for file_search; names of fixtures, or ids.")
    attachments: list[dict[str, Any]] | None = None
    metadata: Metadata | None = None
    run: Word | None = Field(
        None, description="The run that wrote it: its name among the runs of the thread, or an id."
    )
    assistant: Word | None = Field(
        None, description="Who wrote it, where no run says it: a name of fixtures, or an id."
    )

    @model_validator(mode="after")
    def _check_origin(self) -> "MessageFixture":
        if self.role == "user" and (self.run is not None or self.assistant is not None):
            given = "run" if self.run is not None else "assistant"
            raise grammar_error(f"{given} belongs to messages of the role assistant")
        if self.annotations and not isinstance(self.content, str):
            raise grammar_error("annotations belong to a content that is a text")
        return self


class OldStep(Strict):
    """What every step of an old run may say of itself."""

    step_id: Id | None = Field(None, description="Pins the id of the step.")
    created_at: Moment | None = Field(None, description="When it began; left out, when the one before it did.")


class OldMessage(OldStep):
    """The step that wrote a message; messages of the run that no step names come last."""

    message: Word = Field(description="The id of a message of the run.")


class OldCallOptions(Strict):
    """What a call of a function had beside its name."""

    args: Arguments = Field(default_factory=dict)
    output: str | None = Field(None, description="What the app answered.")
    id: Word | None = Field(None, description="Pins the id of the call.")


class OldCall(OldStep, OldCallOptions):
    """A call of a function."""

    call: Word = Field(description="The name of the function.")


class OldParallelCall(OldCallOptions):
    """One of several parallel calls."""

    name: Word = Field(description="The name of the function.")


class OldCalls(OldStep):
    """Several calls in one step."""

    call: list[OldParallelCall] = Field(min_length=1)


class OldCode(OldStep):
    """Code, and what it printed and drew."""

    code: str
    logs: str | None = None
    images: Names | None = Field(None, description="What it drew: names of fixtures, or ids of files.")


class OldSearch(OldStep):
    """A search, and what it found."""

    search: str = Field(description="The query, for whoever reads this: the API does not show it.")
    results: list[Wire] = Field(default_factory=list, description="In the API's own shape.")


class OldToolCalls(OldStep):
    """Calls of any tools, in the API's own shape."""

    tool_calls: list[Wire] = Field(min_length=1)


_VERBS: Final = ("message", "call", "code", "search", "tool_calls")
_EITHER: Final = "message, call, code, search or tool_calls"


def _tag(value: Any) -> str:
    verb = next(verb for verb in _VERBS if verb in value)
    return "@calls" if verb == "call" and isinstance(value["call"], list) else f"@{verb}"


def _one_verb(value: Any) -> Any:
    if not isinstance(value, dict):
        raise unexpected(value, f"a step, a mapping with {_EITHER}")
    verbs = [verb for verb in _VERBS if verb in value]
    if len(verbs) != 1:
        raise grammar_error(f"a step of an old run has one of {_EITHER}")
    return value


OldSteps = list[
    Annotated[
        Annotated[OldMessage, Tag("@message")]
        | Annotated[OldCall, Tag("@call")]
        | Annotated[OldCalls, Tag("@calls")]
        | Annotated[OldCode, Tag("@code")]
        | Annotated[OldSearch, Tag("@search")]
        | Annotated[OldToolCalls, Tag("@tool_calls")],
        Discriminator(_tag),
        BeforeValidator(_one_verb),
    ]
]


class OldUsage(Strict):
    """The tokens of an old run; left out, they are estimated."""

    prompt_tokens: Annotated[int, Field(ge=0)]
    completion_tokens: Annotated[int, Field(ge=0)]


class RunFixture(Strict):
    """A run that has ended before the first request."""

    id: Id | None = None
    assistant: Word = Field(description="A name of fixtures, or an id.")
    created_at: Moment | None = Field(None, description="When it began; left out, when its first message was written.")
    status: Literal["completed", "failed", "cancelled", "incomplete", "expired"] = "completed"
    fail: FailCode | None = Field(None, description="Why it failed; its status is failed then.")
    message: str | None = Field(None, description="The message of the failure.")
    stop: StopReason | None = Field(None, description="Why it is incomplete; its status is incomplete then.")
    model: Word | None = Field(None, description="Left out, the model of its assistant.")
    instructions: str | None = None
    metadata: Metadata | None = None
    usage: OldUsage | None = None
    steps: OldSteps = Field(default_factory=list)

    @model_validator(mode="after")
    def _check_end(self) -> "RunFixture":
        if self.message is not None and self.fail is None:
            raise grammar_error("message belongs to fail, which is not there")
        for word, given, status in (("fail", self.fail, "failed"), ("stop", self.stop, "incomplete")):
            if given is not None and self.status not in ("completed", status):
                raise grammar_error(f"with {word} the status is {status}")
        if self.fail is not None and self.stop is not None:
            raise grammar_error("a run ends once: fail or stop")
        return self

    @property
    def ended(self) -> str:
        """The status, as fail or stop say it, too."""
        return "failed" if self.fail else "incomplete" if self.stop else self.status


class ThreadFixture(Strict):
    """A thread with its first messages, and the runs that wrote some of them."""

    id: Id | None = None
    created_at: Moment | None = Field(None, description="Left out, as old as the first of its messages and runs.")
    messages: list[MessageFixture] = Field(default_factory=list)
    runs: dict[str, RunFixture] = Field(
        default_factory=dict, description="Runs that have ended, by names of your choice."
    )
    tool_resources: dict[str, Any] | None = None
    metadata: Metadata | None = None
