"""The request of a new response: its fields, checked in the order in which the service looks at them."""

from collections.abc import Collection
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from emulator.domain import context_refusals, refusals, response_refusals
from emulator.tools.body import Body, Metadata
from emulator.tools.unions import chosen, tag
from emulator.wire import spelling
from emulator.wire.responses import text_format, tool_choice, tools
from emulator.wire.responses.input_items import Input, items_of
from emulator.wire.responses.items import INCLUDABLE, Include
from emulator.wire.responses.problems import name_of, of_prefix, one_of, only, validate, wrong_type
from emulator.wire.responses.text_format import Text
from emulator.wire.responses.tool_choice import ToolChoice
from emulator.wire.responses.tools import Doc, Tools
from emulator.wire.values import ReasoningEffort, Temperature, TopP

# Fields of other endpoints, and what they are here.
_MOVED: Final = {
    "messages": "input",
    "response_format": "text.format",
    "reasoning_effort": "reasoning.effort",
    "max_completion_tokens": "max_output_tokens",
}
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# Lengths are reported: of the first of the two many times.
_Name = Annotated[str, Field(max_length=64)]
_SafetyName = Annotated[str, Field(max_length=128)]
_Penalty = Annotated[float, Field(ge=-2, le=2)]


def _check_effort(value: Any) -> Any:
    """Refuse what is no word, in one of two odd texts. Measured."""
    if not isinstance(value, str):
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        expected = one_of(_EFFORTS[1:5]) if is_whole else f"one of {one_of(_EFFORTS)} or integer"
        raise PydanticCustomError("wrong_kind", "wrong kind", {"expected": expected})
    return value


class Reasoning(Body):
    """How a model thinks. Measured: generate_summary, which SDKs know, is no field any more."""

    effort: Annotated[ReasoningEffort, BeforeValidator(_check_effort)] | None = None
    summary: Literal["concise", "detailed", "auto"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: str | None = None


class NamedConversation(Body):
    """The conversation that a response belongs to."""

    id: Annotated[str, of_prefix("conv")]


class Prompt(Body):
    """A stored prompt."""

    id: str
    version: str | None = None
    variables: dict[str, Any] | None = None


class Moderation(Body):
    """How input and output are moderated: they are not."""

    model: str
    policy: dict[str, Any] | None = None


class StreamOptions(Body):
    """How a response is streamed."""

    include_obfuscation: bool | None = None


class CacheOptions(Body):
    """How input is kept for later requests: it is not."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m", "12h"] | None = None
    prewarm: bool | None = None
    comparison_response_id: str | None = None


class CreateResponse(Body):
    """A new response. The order of the fields is that in which the service looks at them. Measured."""

    # `read` requires an input; who only counts tokens needs none.
    model_config = ConfigDict(json_schema_extra={"required": ["model", "input"]})

    model: str
    input: Input = ""
    previous_response_id: Annotated[str, of_prefix("resp")] | None = None
    conversation: (
        Annotated[
            Annotated[str, of_prefix("conv"), tag("id")] | Annotated[NamedConversation, tag("object")],
            chosen(lambda value: "id" if isinstance(value, str) else "object"),
            only(str, dict, NamedConversation, expected="one of a string or object"),
        ]
        | None
    ) = None
    prompt: Prompt | None = None
    moderation: Moderation | None = None
    include: Annotated[list[Include], only(list, expected=f"an array of {one_of(INCLUDABLE)}")] | None = None
    tools: Tools | None = None
    tool_choice: ToolChoice | None = None
    metadata: Metadata | None = None
    text: Text | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    presence_penalty: _Penalty | None = None
    frequency_penalty: _Penalty | None = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    background: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    max_tool_calls: Annotated[int, Field(ge=1)] | None = None
    reasoning: Reasoning | None = None
    user: _Name | None = None
    safety_identifier: _SafetyName | None = None
    prompt_cache_options: CacheOptions | None = None
    prompt_cache_key: _Name | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    instructions: str | None = None
    store: bool | None = None
    service_tier: Literal["auto", "default", "fast", "flex", "priority"] | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    context_management: list[dict[str, Any]] | None = None
    access_programs: dict[str, Any] | None = None
    image: dict[str, Any] | None = None

    _items: list[Doc] = PrivateAttr(default_factory=list)

    @property
    def items(self) -> list[Doc]:
        """The input as documents of items."""
        return self._items

    @property
    def conversation_id(self) -> str | None:
        """The id of the conversation, however it was named."""
        return self.conversation.id if isinstance(self.conversation, NamedConversation) else self.conversation

    @property
    def is_stored(self) -> bool:
        """Whether the response can be read later: unless the client says no."""
        return self.store is not False

    @classmethod
    def checked(cls, data: dict[str, Any], day: str) -> Self:
        """Return the body that an object is, its input looked at first."""
        items = items_of(data.get("input", ""), day=day)
        body = validate(cls, data, day=day)
        body._items = items  # noqa: SLF001 - its own
        return body


def read(data: Any, *, day: str, models: Collection[str]) -> CreateResponse:
    """Return the request that a body is; raise the `ApiError` of what the service would find first.

    day: whose words are allowed. models: those that there are; none: any. What a conversation, a prompt or a previous
    response have to say comes next (`check_prompt`), then `check_input`, then `capabilities.check`.
    """
    if not isinstance(data, dict):
        raise response_refusals.bad_json() if data is None else wrong_type("body", "an object", data)  # unverified
    _check_model(data, models)
    _check_presence(data)
    check_keys(CreateResponse, data)
    body = CreateResponse.checked(data, day)
    offered = body.tools or []
    tools.check_schemas(offered)
    text_format.check_schema(body.text)
    tool_choice.check_choice(body.tool_choice, offered)
    if body.conversation is not None and body.previous_response_id is not None:
        raise context_refusals.mutually_exclusive("previous_response_id", "conversation")
    check_emulated(offered)
    return body


def _check_model(data: dict[str, Any], models: Collection[str]) -> None:
    if "model" not in data:
        raise refusals.missing_parameter("model")
    model = data["model"]
    if not isinstance(model, str):
        # Measured: null is called an object here.
        raise refusals.invalid_type("model", "a string", "an object" if model is None else name_of(model))
    if not model or (models and model not in models):
        raise refusals.model_not_found(model)


def _check_presence(data: dict[str, Any]) -> None:
    """Refuse a body without any input. Unverified: beside a prompt, which may bring it along, there need be none.

    Whoever sends messages in its place is told so (reported many times, without an input: madox2/vim-ai issue 162, May
    2025); of other keys none is looked at before (measured).
    """
    for name in data:
        if place := _MOVED.get(name):
            raise response_refusals.moved_parameter(name, place)
    if "input" not in data and data.get("prompt") is None:
        raise response_refusals.missing_input()
    if "input" in data and data["input"] is None:
        raise refusals.invalid_type("input", "a string", "an object")


def check_keys(model: type[Body], data: dict[str, Any]) -> None:
    """Refuse keys that are no fields of a body, before any field is looked at. Measured.

    Those that are spelt almost like one are told which: never one that was sent.
    """
    for name in data:
        if name not in model.model_fields:
            unsent = [known for known in model.model_fields if known not in data]
            raise response_refusals.unknown_parameter(name, spelling.near(name, unsent))


def check_emulated(offered: Collection[Any]) -> None:
    """Refuse tools that the emulator does not have."""
    for place, tool in enumerate(offered):
        if isinstance(tool, tools.OtherTool):
            raise response_refusals.not_emulated(f"Tools of the type '{tool.type}' are", f"tools[{place}].type")


def check_prompt(body: CreateResponse) -> None:
    """Refuse a stored prompt: behind the conversation, and before the previous response. Measured."""
    if body.prompt is not None:
        raise context_refusals.prompt_not_found(body.prompt.id)


def check_input(body: CreateResponse) -> None:
    """Refuse an empty input that nothing stands in for: behind all that is looked up. Measured."""
    if not body.items and body.previous_response_id is None and body.conversation is None:
        raise response_refusals.empty_input()
