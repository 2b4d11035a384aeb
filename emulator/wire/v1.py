"""Bodies of v1, read as the newest shape; and its refusals, which were worded by another validator.

`file_ids` of a message become attachments for both tools, `retrieval` becomes `file_search` (documented mapping);
`file_ids` of an assistant are kept beside its resources, because v1 shows them again as they were given.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.messages import CreateMessage
from emulator.wire.problems import Path, path_of, refusal
from emulator.wire.runs import CreateRun, CreateThreadAndRun
from emulator.wire.threads import CreateThread

Model = TypeVar("Model", bound=BaseModel)
FileIds = Annotated[list[str], Field(max_length=20)]
_MOST_FILES_OF_MESSAGE: Final = 10  # documented
_TOOLS: Final = ("code_interpreter", "function", "retrieval")
# What only v2 has, by the name of its field (documented).
_ONLY_V2: Final = ("tool_resources", "attachments", "parallel_tool_calls", "reasoning_effort")


class CreateAssistantV1(CreateAssistant):
    """A new assistant with files."""

    file_ids: FileIds | None = None


class ModifyAssistantV1(ModifyAssistant):
    """A change of an assistant with files."""

    file_ids: FileIds | None = None


_WITH_FILES: Final[Mapping[type[BaseModel], type[BaseModel]]] = {
    CreateAssistant: CreateAssistantV1,
    ModifyAssistant: ModifyAssistantV1,
}


def upgrade(model: type[Model], data: Any, day: str) -> Model:
    """Return a v1 body as a value of the newest shape; raise the `ApiError` that v1 answered on a day."""
    if not isinstance(data, dict):
        raise errors.validation_v1([((), "value is not a valid dict", "type_error.dict")])
    newest = _upgraded(model, data, ())
    try:
        return _WITH_FILES.get(model, model).model_validate(newest, context={"day": day})  # type: ignore[return-value]
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False), newest) from None


def _upgraded(model: type[BaseModel], data: Mapping[str, Any], at: Path) -> dict[str, Any]:
    """Return a body, or a part of one, in the newest shape. at: where in the body it lies."""
    newest = dict(data)
    if later := [name for name in _ONLY_V2 if name in newest]:
        raise errors.validation_v1([((*at, name), *_WORDS["extra_forbidden"]) for name in later])
    if isinstance(newest.get("metadata"), dict):
        newest["metadata"] = {name: _text(value) for name, value in newest["metadata"].items()}
    if isinstance(newest.get("tools"), list):
        newest["tools"] = [_tool(tool, (*at, "tools", place)) for place, tool in enumerate(newest["tools"])]
    if model in (CreateRun, CreateThreadAndRun) and "tool_choice" in newest:
        newest["tool_choice"] = _tool(newest["tool_choice"], (*at, "tool_choice"))
    if model is CreateMessage and isinstance(newest.get("content"), list):
        raise errors.validation_v1([((*at, "content"), *_WORDS["string_type"])])
    if model is CreateMessage and "file_ids" in newest:
        newest["attachments"] = _attachments(newest.pop("file_ids"), (*at, "file_ids"))
    for field, of in (("messages", CreateThread), ("additional_messages", CreateRun)):
        if model is of and isinstance(newest.get(field), list):
            newest[field] = [
                _upgraded(CreateMessage, message, (*at, field, place)) if isinstance(message, dict) else message
                for place, message in enumerate(newest[field])
            ]
    if model is CreateThreadAndRun and isinstance(newest.get("thread"), dict):
        newest["thread"] = _upgraded(CreateThread, newest["thread"], (*at, "thread"))
    return newest


def _text(value: Any) -> Any:
    """Return a metadata value as v1 kept it: `true` became "True" (recorded)."""
    return str(value) if isinstance(value, bool | int | float) else value


def _tool(tool: Any, at: Path) -> Any:
    """Return a tool, offered or chosen, by its newest name."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    if not isinstance(kind, str):
        return tool
    if kind not in _TOOLS:
        raise errors.invalid_value(path_of((*at, "type")), kind, _TOOLS)
    return {**tool, "type": "file_search"} if kind == "retrieval" else tool


def _attachments(file_ids: Any, at: Path) -> Any:
    if not isinstance(file_ids, list):
        return file_ids
    if len(file_ids) > _MOST_FILES_OF_MESSAGE:
        raise errors.array_too_long(path_of(at), _MOST_FILES_OF_MESSAGE, len(file_ids))
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    return [{"file_id": file_id, "tools": both} for file_id in file_ids]


# pydantic's type of an error now -> text and type of the same error then
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("field required", "value_error.missing"),
    "extra_forbidden": ("extra fields not permitted", "value_error.extra"),
    "string_type": ("str type expected", "type_error.str"),
    "int_type": ("value is not a valid integer", "type_error.integer"),
    "int_from_float": ("value is not a valid integer", "type_error.integer"),
    "float_type": ("value is not a valid float", "type_error.float"),
    "bool_type": ("value could not be parsed to a boolean", "type_error.bool"),
    "dict_type": ("value is not a valid dict", "type_error.dict"),
    "model_type": ("value is not a valid dict", "type_error.dict"),
    "list_type": ("value is not a valid list", "type_error.list"),
}


def _refusal(problems: Sequence[ErrorDetails], data: Any) -> ApiError:
    """A tool without a type was refused in today's words even then (course notes of 2023); the rest in v1's."""
    first = problems[0]
    if first["type"] not in _WORDS or (first["loc"][:1] == ("tools",) and first["loc"][-1] == "type"):
        return refusal(first, data)
    rows = [
        ([part for part in problem["loc"] if not str(part).startswith("<")], *_WORDS[problem["type"]])
        for problem in problems
        if problem["type"] in _WORDS
    ]
    return errors.validation_v1(rows)
