"""``fixtures``: objects that exist before the first request, so that apps with pinned ids can start."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from scripted_models.grammar.conversations import ThreadFixture
from scripted_models.grammar.identity import Id, Metadata
from scripted_models.grammar.parts import Names, Strict, grammar_error, unexpected
from scripted_models.grammar.steps import Word


class FileFixture(Strict):
    """An uploaded file: path beside the scenario, or the text itself."""

    id: Id | None = None
    path: Annotated[str, Field(min_length=1)] | None = Field(None, description="A file beside the scenario.")
    text: str | None = Field(None, description="The content itself.")
    filename: str | None = None
    purpose: str = "assistants"

    @model_validator(mode="after")
    def _one_content(self) -> "FileFixture":
        if (self.path is None) == (self.text is None):
            raise grammar_error("a file has either path or text")
        return self


class StoreFixture(Strict):
    """A vector store; files are names of file fixtures, or ids."""

    id: Id | None = None
    name: str | None = None
    files: Names | None = None
    metadata: Metadata | None = None
    expires_after: dict[str, Any] | None = None
    chunking_strategy: dict[str, Any] | None = None


def _tool(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("code_interpreter", "file_search", "retrieval"):
            raise unexpected(value, "code_interpreter, file_search, or a tool in the API's shape")
        return {"type": value}
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        return value
    raise unexpected(value, "code_interpreter, file_search, or a tool in the API's shape, a mapping with type")


Tool = Annotated[
    dict[str, Any],
    PlainValidator(_tool),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["code_interpreter", "file_search", "retrieval"]},
                {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
            ]
        }
    ),
]


class AssistantFixture(Strict):
    """An assistant, as the API would create it; files and vector_stores are names of fixtures, or ids."""

    id: Id | None = None
    model: Annotated[str, Field(min_length=1)]
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    tools: list[Tool] = Field(default_factory=list)
    files: Names | None = None
    vector_stores: Names | None = None
    tool_resources: dict[str, Any] | None = None
    metadata: Metadata | None = None
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    response_format: Any = None


class Fixtures(Strict):
    """Objects created when the scenario is loaded, by a name of your choice."""

    files: dict[str, FileFixture] = Field(default_factory=dict)
    vector_stores: dict[str, StoreFixture] = Field(default_factory=dict)
    assistants: dict[str, AssistantFixture] = Field(default_factory=dict)
    threads: dict[str, ThreadFixture] = Field(default_factory=dict)
    exports: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list, description="Files beside the scenario: objects in the API's own JSON."
    )
    conversations: dict[Id, Word] = Field(
        default_factory=dict,
        description="Threads that are conversations too: by ids (conv_…), a name among threads, or the id of one.",
    )
