"""Values that several bodies share: tools, tool choice, response format, resources, sampling."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, Union

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from emulator.domain.caller import AZURE_MOUNTS
from emulator.tools import kinds
from emulator.tools.body import Body, Metadata
from emulator.tools.kinds import KINDS, TYPES
from emulator.tools.unions import by_field, tag, word_or_object
from emulator.wire.data_sources import DataSourcesOfCode, NamedStoreConfiguration
from emulator.wire.foundry import McpServer, SearchIndexes
from emulator.wire.history.behaviors import (
    AZURE_STRUCTURED_OUTPUT,
    EFFORT_MAX,
    EFFORT_MINIMAL,
    EFFORT_NONE,
    EFFORT_XHIGH,
    LARGE_INLINE_STORES,
    STRUCTURED_OUTPUT,
)
from emulator.wire.limits import FileId, OnlyOn, StoreId, is_before, until, words_since

Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_EFFORTS_SINCE: Final = {"none": EFFORT_NONE, "minimal": EFFORT_MINIMAL, "xhigh": EFFORT_XHIGH, "max": EFFORT_MAX}
ReasoningEffort = Annotated[
    Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"], words_since(_EFFORTS, _EFFORTS_SINCE)
]
# Documented: at least 256; recorded: 16 was accepted. Below 1 is unverified.
TokenLimit = Annotated[int, Field(ge=1)]


# --- tools ----------------------------------------------------------------------------------------------------------


def _types(info: ValidationInfo) -> list[str]:
    """Return the types of tools that are known where a body came in."""
    return kinds.types_on((info.context or {}).get("mount"))


def _functions_first(types: Iterable[str]) -> list[str]:
    """Where a tool is chosen, refusals and the document name functions first."""
    return sorted(types, key=lambda kind: kind != "function")


def _check_type(value: Any, info: ValidationInfo) -> Any:
    """Refuse a tool of a type that is not known here, before the rest of it is looked at."""
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind not in (known := _types(info)):
        raise PydanticCustomError("unknown_kind", "unknown kind", {"known": known})
    return value


def _check_chosen(value: str, info: ValidationInfo) -> str:
    if value not in (known := _functions_first(_types(info))):
        raise PydanticKnownError("literal_error", {"expected": ", ".join(map(repr, known))})
    return value


class AnyTool(Body):
    """A tool without a type; it exists so that it is refused in the API's words."""

    model_config = ConfigDict(extra="allow")
    type: str


def _read_further(value: Any, info: ValidationInfo) -> Any:
    """Read a tool that only some mounts know; its errors are those of its own kind."""
    kind = kinds.of_type(value.get("type")) if isinstance(value, dict) and isinstance(value.get("type"), str) else None
    return (AnyTool if kind is None else kind.definition).read(value, info.context)


# A type checker cannot follow types that are made of values.
if TYPE_CHECKING:
    Tool = Any
else:
    _KNOWN = [Annotated[kind.definition, tag(kind.type)] for kind in KINDS]
    _FURTHER = Annotated[SkipJsonSchema[Any], PlainValidator(_read_further), tag("any")]
    Tool = Annotated[Union[(*_KNOWN, _FURTHER)], by_field("type", *TYPES), BeforeValidator(_check_type)]
# Documented: an assistant has at most 128; the 20 in the specification of runs is doubted by its own readers.
Tools = Annotated[list[Tool], Field(max_length=128)]


def tools_to_wire(tools: list[Any]) -> list[dict[str, Any]]:
    """Return tools as the API shows them."""
    return [tool.to_wire() for tool in tools]


# --- tool choice ----------------------------------------------------------------------------------------------------


class NamedFunction(Body):
    """The function that must be called."""

    name: str


class ChosenTool(Body):
    """The tool that must be called."""

    type: Annotated[str, AfterValidator(_check_chosen), WithJsonSchema({"enum": _functions_first(TYPES)})]
    function: NamedFunction | None = None


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], tag("word")] | Annotated[ChosenTool, tag("object")],
    word_or_object(),
]


def choice_to_wire(choice: Any) -> Any:
    """Return a tool choice as it was sent."""
    return choice.model_dump(exclude_unset=True) if isinstance(choice, ChosenTool) else choice


# --- response format ------------------------------------------------------------------------------------------------


class JsonSchemaFormat(Body):
    """The schema of structured output."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


def _check_structured(value: Any, info: ValidationInfo) -> Any:
    """Refuse structured output before there was any. The words are Azure's (reported), elsewhere unverified."""
    on_azure = (info.context or {}).get("mount") in AZURE_MOUNTS
    if is_before(AZURE_STRUCTURED_OUTPUT if on_azure else STRUCTURED_OUTPUT, info):
        raise PydanticKnownError("literal_error", {"expected": "'json_object' or 'text'"})
    return value


class StructuredFormat(Body):
    """Structured output."""

    type: Annotated[Literal["json_schema"], BeforeValidator(_check_structured)]
    json_schema: JsonSchemaFormat


class PlainFormat(Body):
    """Text or any JSON object. The third type is here only so that errors name it; `StructuredFormat` takes it."""

    type: Annotated[Literal["text", "json_object", "json_schema"], WithJsonSchema({"enum": ["text", "json_object"]})]


FormatObject = Annotated[
    Annotated[StructuredFormat, tag("json_schema")] | Annotated[PlainFormat, tag("any")],
    by_field("type", "json_schema"),
]
ResponseFormat = Annotated[
    Annotated[Literal["auto"], tag("word")] | Annotated[FormatObject, tag("object")],
    word_or_object(),
]


def format_to_wire(chosen: Any) -> Any:
    """Return a response format as it was sent."""
    return chosen if isinstance(chosen, str) else chosen.model_dump(exclude_unset=True, by_alias=True)


# --- truncation -----------------------------------------------------------------------------------------------------


class Truncation(Body):
    """How much of the thread is put into the context."""

    type: Literal["auto", "last_messages"]
    last_messages: Annotated[int, Field(ge=1)] | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return the strategy as the API shows it (recorded)."""
        return {"type": self.type, "last_messages": self.last_messages}


# --- resources ------------------------------------------------------------------------------------------------------


def _check_overlap(overlap: int, info: ValidationInfo) -> int:
    if overlap * 2 > info.data.get("max_chunk_size_tokens", 2 * overlap):  # which has an error of its own otherwise
        raise PydanticCustomError("overlap_too_large", "overlap too large")
    return overlap


class StaticSizes(Body):
    """Sizes in tokens. Limits: documented."""

    max_chunk_size_tokens: int = Field(ge=100, le=4096)
    chunk_overlap_tokens: Annotated[int, Field(ge=0), AfterValidator(_check_overlap)]


class AutoChunking(Body):
    """The default: chunks of 800 tokens, 400 of them shared with the previous chunk."""

    type: Annotated[Literal["auto", "static"], WithJsonSchema({"const": "auto"})]


class StaticChunking(Body):
    """Chunks of a size that the client chooses."""

    type: Literal["static"]
    static: StaticSizes


Chunking = Annotated[
    Annotated[StaticChunking, tag("static")] | Annotated[AutoChunking, tag("any")],
    by_field("type", "static"),
]


class CodeInterpreterFiles(Body):
    """Files for the code interpreter. Limit: documented."""

    file_ids: Annotated[list[FileId], Field(max_length=20)] | None = None
    data_sources: DataSourcesOfCode = None


class StoreToMake(Body):
    """A vector store to create with an assistant or a thread. Limits: documented."""

    file_ids: Annotated[list[FileId], Field(max_length=100_000_000), until(LARGE_INLINE_STORES, 10_000)] | None = None
    chunking_strategy: Chunking | None = None
    metadata: Metadata | None = None
    name: Annotated[SkipJsonSchema[str | None], OnlyOn("foundry")] = None
    configuration: NamedStoreConfiguration = None


_StoresToMake = Annotated[list[StoreToMake], Field(max_length=1)]


class FileSearchStores(Body):
    """Stores to search: at most one (documented), or one to create; not both (documented).

    vector_stores: as the models of Foundry have it everywhere.
    """

    vector_store_ids: Annotated[list[StoreId], Field(max_length=1)] | None = None
    vector_stores: Annotated[SkipJsonSchema[_StoresToMake | None], OnlyOn("foundry")] = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.vector_store_ids and self.vector_stores:
            raise PydanticCustomError("either_stores", "either stores")
        return self


class FileSearchStoresToMake(FileSearchStores):
    """Stores to search, or one to create, on any mount."""

    vector_stores: _StoresToMake | None = None


class FoundryResources(Body):
    """What further tools of Foundry's agents may use."""

    azure_ai_search: Annotated[SkipJsonSchema[SearchIndexes | None], OnlyOn("foundry")] = None
    mcp: Annotated[SkipJsonSchema[list[McpServer] | None], OnlyOn("foundry")] = None


class ToolResources(FoundryResources):
    """What the tools may read, by id."""

    code_interpreter: CodeInterpreterFiles | None = None
    file_search: FileSearchStores | None = None


class ToolResourcesToMake(FoundryResources):
    """What the tools may read, by id or as stores to create."""

    code_interpreter: CodeInterpreterFiles | None = None
    file_search: FileSearchStoresToMake | None = None
