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
from emulator.wire.problems import refusal
from emulator.wire.runs import CreateRun, CreateThreadAndRun
from emulator.wire.threads import CreateThread

Model = TypeVar("Model", bound=BaseModel)
FileIds = Annotated[list[str], Field(max_length=20)]


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


def upgrade(model: type[Model], data: Any) -> Model:
    """Return a v1 body as a value of the newest shape; raise the `ApiError` that v1 answered."""
    if not isinstance(data, dict):
        raise errors.validation_v1([((), "value is not a valid dict", "type_error.dict")])
    newest = _upgraded(model, data)
    try:
        return _WITH_FILES.get(model, model).model_validate(newest)  # type: ignore[return-value]
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False), newest) from None


def _upgraded(model: type[BaseModel], data: Mapping[str, Any]) -> dict[str, Any]:
    newest = dict(data)
    if isinstance(newest.get("metadata"), dict):
        newest["metadata"] = {name: _text(value) for name, value in newest["metadata"].items()}
    if isinstance(newest.get("tools"), list):
        newest["tools"] = [_tool(tool) for tool in newest["tools"]]
    if model is CreateMessage and "file_ids" in newest:
        newest["attachments"] = _attachments(newest.pop("file_ids"))
    for field, of in (("messages", CreateThread), ("additional_messages", CreateRun)):
        if model is of and isinstance(newest.get(field), list):
            newest[field] = [_upgraded(CreateMessage, m) if isinstance(m, dict) else m for m in newest[field]]
    if model is CreateThreadAndRun and isinstance(newest.get("thread"), dict):
        newest["thread"] = _upgraded(CreateThread, newest["thread"])
    return newest


def _text(value: Any) -> Any:
    """Return a metadata value as v1 kept it: `true` became "True" (recorded)."""
    return str(value) if isinstance(value, bool | int | float) else value


def _tool(tool: Any) -> Any:
    return {**tool, "type": "file_search"} if isinstance(tool, dict) and tool.get("type") == "retrieval" else tool


def _attachments(file_ids: Any) -> Any:
    if not isinstance(file_ids, list):
        return file_ids
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
