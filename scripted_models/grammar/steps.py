"""``steps``: one verb per step, its options beside it."""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, PlainValidator, Tag, WithJsonSchema, model_validator

from emulator.domain.nearest import nearest
from scripted_models.grammar.parts import (
    FUNCTION,
    IDENTIFIER,
    Arguments,
    Duration,
    StreamSpec,
    Strict,
    as_list,
    grammar_error,
    unexpected,
)
from scripted_models.problems import brief
from scripted_models.rules import Rule

# The two codes about files were reported by clients in 2024; the last two were seen from Foundry alone.
# Clients of Azure look for `content_filter`; that a run failed with it is unverified.
FailCode = Literal[
    "server_error",
    "rate_limit_exceeded",
    "content_filter",
    "invalid_prompt",
    "invalid_image",
    "invalid_file",
    "tool_user_error",
    "invalid_engine_error",
]
StopReason = Literal["max_completion_tokens", "max_prompt_tokens", "content_filter"]
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]
Word = Annotated[str, Field(min_length=1)]
Images = Annotated[list[Word], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
Wire = Annotated[dict[str, Any], Field(description="An object in the API's own shape.")]


class SayStep(Strict):
    """The model writes a message."""

    say: str = Field(description="The text of the message.")
    images: Images = Field(default_factory=list, description="Files beside the scenario, or data URIs.")
    annotations: list[Wire] = Field(default_factory=list, description="Annotations in the API's own shape.")
    stream: StreamSpec | None = None


class CallOptions(Strict):
    """What a function call takes beside its name."""

    args: Arguments = Field(default_factory=dict)
    as_: Identifier | None = Field(None, alias="as", description="The name of its output: outputs.<as>.")
    id: Word | None = Field(None, description="Pins the id of the call.")
    recorded: str | None = Field(None, description="What the app answered when this was recorded.")
    stream: StreamSpec | None = None


class Unanswered(Strict):
    """What lets a run fail while its calls have no output. Ends the turn."""

    fail: FailCode | None = Field(None, description="The run fails before it could take an output.")
    message: str | None = Field(None, description="The message of the failure.")

    @model_validator(mode="after")
    def _check_message(self) -> Self:
        if self.message is not None and self.fail is None:
            raise grammar_error("message belongs to fail, which is not there")
        return self


class CallStep(CallOptions, Unanswered):
    """The model calls one function and waits for its output."""

    call: Word = Field(description="The name of the function.")


class ParallelCall(CallOptions):
    """One of several parallel calls."""

    name: Word = Field(description="The name of the function.")


class CallsStep(Unanswered):
    """The model calls several functions together and waits for all outputs."""

    call: list[ParallelCall] = Field(min_length=1)


class CodeStep(Strict):
    """The code interpreter runs; its output is scripted, or real with execute."""

    code: str = Field(description="The Python code that the model wrote.")
    logs: str | None = Field(None, description="What it printed.")
    images: Images = Field(default_factory=list, description="What it drew: files beside the scenario, or data URIs.")
    execute: bool = Field(default=False, description="Really run the code, where the server allows it.")
    as_: Identifier = Field("code", alias="as", description="The name of its result: <as>.logs.")
    stream: StreamSpec | None = None


def _results(value: Any) -> Any:
    if value == "auto" or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return value
    raise unexpected(value, "auto, or a list of results, each a mapping with file_id")


_RESULT: Final = {
    "type": "object",
    "required": ["file_id"],
    "properties": {
        "file_id": {"type": "string"},
        "file_name": {"type": ["string", "null"]},
        "score": {"type": ["number", "string"], "description": "From 0 to 1, or a template that gives it."},
        "attributes": {"type": ["object", "null"]},
        "content": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "required": ["type", "text"],
                "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
            },
        },
    },
}


class SearchStep(Strict):
    """The model searches the attached files."""

    search: str = Field(description="The query.")
    results: Annotated[
        Literal["auto"] | list[dict[str, Any]],
        PlainValidator(_results),
        WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "array", "items": _RESULT}]}),
    ] = Field("auto", description="auto searches; or the results in the API's own shape.")
    top: Annotated[int, Field(ge=1, le=50)] | None = Field(None, description="How many results at most.")
    as_: Identifier = Field("hits", alias="as", description="The name of what was found: <as>.results.")


# What the model asks of a tool: a function's arguments, a search's query, or whatever it takes.
ASKED: Final = ("args", "query", "input")


class ToolUse(Strict):
    """One call of a tool, and what it answers."""

    name: Word | None = Field(None, description="The name of the function, for tools that have several.")
    args: Any = Field(None, description="The arguments of the function: a mapping, or a text that is sent as it is.")
    query: str | None = Field(None, description="What the model searches for.")
    input: Any = Field(None, description="What the model asks of it; anything but a text is shown as JSON.")
    output: Any = Field(None, description="What it answers.")
    approve: bool | None = Field(
        None, description="Whether the client has to approve the call; left out: as the run says."
    )
    details: Wire = Field(default_factory=dict, description="More of what the call shows, in the API's own shape.")
    as_: Identifier | None = Field(None, alias="as", description="The name of its output: outputs.<as>.")
    stream: StreamSpec | None = None

    @model_validator(mode="after")
    def _check_asked(self) -> Self:
        given = [word for word in ASKED if getattr(self, word) is not None]
        if len(given) > 1:
            raise grammar_error(f"a tool is asked one thing: {' or '.join(given)}")
        return self

    @property
    def asked(self) -> tuple[str, Any]:
        """The word by which the step says what the model asks of the tool, and what that is."""
        word = next((word for word in ASKED if getattr(self, word) is not None), "input")
        return word, getattr(self, word)


class ToolStep(ToolUse, Unanswered):
    """The model uses a tool that has no verb of its own; what the tool answers is scripted."""

    tool: Word = Field(description="The type of the tool.")

    @model_validator(mode="after")
    def _check_output(self) -> Self:
        _check_outputs([self], self.fail)
        return self


class ToolsStep(Unanswered):
    """The model uses such a tool several times in one step."""

    tool: Word = Field(description="The type of the tool.")
    calls: list[ToolUse] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_output(self) -> Self:
        _check_outputs(self.calls, self.fail)
        return self


def _check_outputs(uses: Sequence[ToolUse], fail: str | None) -> None:
    if fail is not None and any(use.output is not None for use in uses):
        raise grammar_error("with fail the run ends before the tool answers, so there is no output")


class RefuseStep(Strict):
    """The model refuses to answer."""

    refuse: str = Field(description="The text of the refusal.")
    stream: StreamSpec | None = None


class FailStep(Strict):
    """The run fails. Ends the turn."""

    fail: FailCode
    message: str | None = None


class StopStep(Strict):
    """The run and its last message stay incomplete. Ends the turn."""

    stop: StopReason


def _expire(value: Any) -> Any:
    if value is True or value == "now":
        return value
    raise unexpected(value, "true (when the time comes) or now")


class ExpireStep(Strict):
    """The run expires: when its time has come, or now. Ends the turn."""

    expire: Annotated[Literal[True, "now"], PlainValidator(_expire), WithJsonSchema({"enum": [True, "now"]})]


class WaitStep(Strict):
    """Time passes on the namespace's clock."""

    wait: Duration


class HoldStep(Strict):
    """A named breakpoint: the run continues when it is released."""

    hold: Word


class SetStep(Strict):
    """Variables, kept for later turns of the scope: vars.<name>."""

    set: dict[Identifier, Any] = Field(min_length=1)


class CheckStep(Strict):
    """What has to be true; the run fails where it is not."""

    check: Word = Field(description="A Jinja expression without braces.")
    message: str | None = Field(None, description="The message of a failure.")


class Branch(Strict):
    """Steps that are played if the condition holds; without one, always."""

    if_: Word | None = Field(None, alias="if", description="A Jinja expression without braces.")
    steps: "list[Step]"


class ChooseStep(Strict):
    """The first branch whose condition holds is played."""

    choose: list[Branch] = Field(min_length=1)


class PythonStep(Strict):
    """The turn continues in a Python function."""

    python: Annotated[str, Field(pattern=FUNCTION)] = Field(description="module:function; the function takes the turn.")


VERBS: Final = (
    "say", "call", "code", "search", "tool", "refuse", "fail", "stop", "expire", "wait", "hold", "choose", "set",
    "check", "python",
)  # fmt: skip


def _one_verb(value: Any) -> Any:
    if not isinstance(value, dict):
        verb = re.split(r"\W", value, maxsplit=1)[0] if isinstance(value, str) else ""
        blank = f"; {verb} needs a colon and a blank behind it" if verb in VERBS else ""
        message = f"expected a step: a mapping with one verb, such as say, got {brief(value)}{blank}"
        raise grammar_error(message, Rule.WRONG_TYPE, f"{verb}: …" if blank else None)
    verbs = [verb for verb in VERBS if verb in value]
    if verbs in (["call", "fail"], ["tool", "fail"]):
        return value  # the run fails while its calls have no output
    if len(verbs) > 1:
        message = (
            f"a step has one verb, this one has {len(verbs)}: {', '.join(verbs)}; put each behind a dash of its own"
        )
        raise grammar_error(message, Rule.UNKNOWN_VERB)
    if not verbs:
        near = next(((word, near) for word in islice(value, 10) if (near := nearest(str(word), VERBS))), None)
        hint = f"did you mean {near[1]} instead of {brief(near[0], 60)}? " if near else ""
        message = f"{hint}a step needs a verb, one of {', '.join(VERBS)}"
        raise grammar_error(message, Rule.UNKNOWN_VERB, near[1] if near else None)
    return value


def _tag(value: Any) -> str:
    verb = next(verb for verb in VERBS if verb in value)
    if verb == "call" and isinstance(value["call"], list):
        return "@calls"
    return "@tools" if verb == "tool" and "calls" in value else f"@{verb}"


Step = Annotated[
    Annotated[SayStep, Tag("@say")]
    | Annotated[CallStep, Tag("@call")]
    | Annotated[CallsStep, Tag("@calls")]
    | Annotated[CodeStep, Tag("@code")]
    | Annotated[SearchStep, Tag("@search")]
    | Annotated[ToolStep, Tag("@tool")]
    | Annotated[ToolsStep, Tag("@tools")]
    | Annotated[RefuseStep, Tag("@refuse")]
    | Annotated[FailStep, Tag("@fail")]
    | Annotated[StopStep, Tag("@stop")]
    | Annotated[ExpireStep, Tag("@expire")]
    | Annotated[WaitStep, Tag("@wait")]
    | Annotated[HoldStep, Tag("@hold")]
    | Annotated[ChooseStep, Tag("@choose")]
    | Annotated[SetStep, Tag("@set")]
    | Annotated[CheckStep, Tag("@check")]
    | Annotated[PythonStep, Tag("@python")],
    Discriminator(_tag),
    BeforeValidator(_one_verb),
]

Branch.model_rebuild()
ChooseStep.model_rebuild()
