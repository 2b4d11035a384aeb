"""Tools: as they are sent, as a response shows them, as the engine has them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from emulator.domain import refusals, response_refusals, strict_schemas
from emulator.domain.errors import ApiError
from emulator.tools.body import Body
from emulator.tools.file_search import RANKER
from emulator.tools.unions import by_field, chosen, tag
from emulator.wire.responses.problems import only

Doc = dict[str, Any]

# Reported many times: the pattern names no length, which has an error of its own.
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")]
# Types of tools that are known and not emulated, in the order of letters (documented).
_NOT_EMULATED: Final = (
    "apply_patch", "computer", "computer_use_preview", "custom", "image_generation", "local_shell", "mcp", "namespace",
    "programmatic_tool_calling", "shell", "tool_search", "web_search", "web_search_2025_08_26", "web_search_preview",
    "web_search_preview_2025_03_11",
)  # fmt: skip
_EMULATED: Final = ("code_interpreter", "file_search", "function")
TYPES: Final = tuple(sorted((*_NOT_EMULATED, *_EMULATED)))
_MOST_RESULTS: Final = 20


def _check_type(value: Any) -> Any:
    """Refuse a type that is not known, before the rest is looked at. Unverified: which types are listed."""
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind not in TYPES:
        raise PydanticCustomError("unknown_kind", "unknown kind", {"known": TYPES})
    return value


class FunctionTool(Body):
    """A function that the client answers. It is flat here: no object of its own holds name and parameters."""

    type: Literal["function"]
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    output_schema: dict[str, Any] | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None

    def shown(self) -> Doc:
        """Return the tool as a response shows it (recorded)."""
        parameters, strict = strict_schemas.shown(self.parameters, strict=self.strict)
        description = self.description
        return {
            "type": self.type, "description": description, "name": self.name, "parameters": parameters, "strict": strict
        }  # fmt: skip


class HybridSearch(Body):
    """How much each way of searching counts."""

    embedding_weight: float
    text_weight: float


class RankingOptions(Body):
    """How results are ranked (documented)."""

    ranker: Literal["auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    hybrid_search: HybridSearch | None = None

    def shown(self) -> Doc:
        """Return the options as a tool shows them (recorded for the defaults)."""
        hybrid = {"hybrid_search": self.hybrid_search.model_dump()} if self.hybrid_search else {}
        return {"ranker": self.ranker or "auto", "score_threshold": float(self.score_threshold or 0), **hybrid}


class FileSearchTool(Body):
    """Search in vector stores."""

    type: Literal["file_search"]
    vector_store_ids: Annotated[list[str], Field(min_length=1), only(list, expected="an array of strings")]
    filters: dict[str, Any] | None = None
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    ranking_options: RankingOptions | None = None

    def shown(self) -> Doc:
        """Return the tool as a response shows it (recorded)."""
        return {
            "type": self.type,
            "filters": self.filters,
            "max_num_results": self.max_num_results or _MOST_RESULTS,
            "ranking_options": (self.ranking_options or RankingOptions()).shown(),
            "vector_store_ids": list(self.vector_store_ids),
        }


class AutoContainer(Body):
    """A container that is made where there is none."""

    type: Literal["auto"]
    file_ids: list[str] | None = None
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = None
    network_policy: dict[str, Any] | None = None


class CodeInterpreterTool(Body):
    """Python in a container: the id of one, or what a new one needs."""

    type: Literal["code_interpreter"]
    container: Annotated[
        Annotated[str, tag("id")] | Annotated[AutoContainer, tag("auto")],
        chosen(lambda value: "id" if isinstance(value, str) else "auto"),
        only(str, dict, AutoContainer, expected="one of a string or object"),
    ]

    def shown(self) -> Doc:
        """Return the tool as a response shows it: the container as it was sent (recorded)."""
        container = self.container
        sent = container if isinstance(container, str) else container.model_dump(exclude_none=True)
        return {"type": self.type, "container": sent}


class OtherTool(Body):
    """A tool that is not emulated, or one without a type."""

    model_config = ConfigDict(extra="allow")
    type: str

    def shown(self) -> Doc:
        """Return the tool as it was sent."""
        return self.model_dump()


Tool = Annotated[
    Annotated[FunctionTool, tag("function")]
    | Annotated[FileSearchTool, tag("file_search")]
    | Annotated[CodeInterpreterTool, tag("code_interpreter")]
    | Annotated[SkipJsonSchema[OtherTool], tag("any")],
    by_field("type", *_EMULATED),
    BeforeValidator(_check_type),
]
# The limit is reported of other endpoints.
Tools = Annotated[list[Tool], Field(max_length=128), only(list, expected="an array of tools")]


def tools_as_shown(tools: Iterable[Tool] | None) -> list[Doc]:
    """Return tools as a response shows them, defaults and strict schemas included."""
    return [tool.shown() for tool in tools or ()]


def tools_as_offered(shown: Iterable[Mapping[str, Any]]) -> list[Doc]:
    """Return the tools of a response as the engine and scripts know them, in the nested shape of Assistants."""
    return [_offered(tool) for tool in shown]


def _offered(tool: Mapping[str, Any]) -> Doc:
    match tool["type"]:
        case "function":
            description = {} if tool["description"] is None else {"description": tool["description"]}
            about = {"name": tool["name"], **description, "parameters": tool["parameters"], "strict": tool["strict"]}
            return {"type": "function", "function": about}
        case "file_search":
            most = tool["max_num_results"]
            options: Doc = {} if most == _MOST_RESULTS else {"max_num_results": most}
            ranking = tool["ranking_options"]
            ranker = RANKER if ranking["ranker"] == "auto" else ranking["ranker"]
            hybrid = ranking.get("hybrid_search")
            ranking = {"ranker": ranker, "score_threshold": ranking["score_threshold"], "hybrid_search": hybrid}
            filters = {} if tool["filters"] is None else {"filters": tool["filters"]}
            return {"type": "file_search", "file_search": {**options, "ranking_options": ranking, **filters}}
        case kind:
            return {"type": kind}


def stores_of(shown: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the vector stores that the tools of a response may search, each once."""
    named = (store for tool in shown if tool["type"] == "file_search" for store in tool["vector_store_ids"])
    return list(dict.fromkeys(named))


def check_schemas(tools: Sequence[Tool]) -> None:
    """Refuse schemas of functions that are none of an object, and those that strict was asked for and that are not."""
    for place, tool in enumerate(tools):
        if isinstance(tool, FunctionTool) and (error := _schema_error(tool, f"tools[{place}].parameters")):
            raise error


def _schema_error(tool: FunctionTool, path: str) -> ApiError | None:
    if not tool.parameters:  # recorded: {} is taken for the schema of an object
        return None
    kind = tool.parameters.get("type")
    if kind != "object":
        return refusals.schema_is_no_object(tool.name, path, kind)
    problem = strict_schemas.problem_of(tool.parameters) if tool.strict else None
    return response_refusals.schema_is_not_strict(tool.name, path, problem) if problem else None
