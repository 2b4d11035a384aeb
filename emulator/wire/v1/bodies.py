"""Bodies of v1, read as the newest shape.

`file_ids` of a message become attachments for both tools, `retrieval` becomes `file_search` (documented mapping);
`file_ids` of an assistant are kept beside its resources, because v1 shows them again as they were given.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from emulator.domain import errors
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.history.behaviors import STRICT_V1
from emulator.wire.messages import CreateMessage
from emulator.wire.problems import Path
from emulator.wire.runs import CreateRun, CreateThreadAndRun
from emulator.wire.threads import CreateThread
from emulator.wire.v1.coercion import turn
from emulator.wire.v1.problems import problem, refuse
from emulator.wire.v1.tools import problems_of, upgrade_tool

Model = TypeVar("Model", bound=BaseModel)
FileIds = Annotated[list[str], Field(max_length=20)]
_MOST_FILES_OF_MESSAGE: Final = 10  # documented
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
        raise errors.validation_v1([problem((), "dict_type")])
    newest = _upgraded(model, data, (), day)
    try:
        return _read(_WITH_FILES.get(model, model), newest, day)  # type: ignore[return-value]
    except ValidationError as error:
        raise refuse(error.errors(include_url=False), newest) from None


def _read(model: type[BaseModel], newest: dict[str, Any], day: str) -> BaseModel:
    """Return a body as a value, at the second try where v1 would have made something of what is wrong."""
    try:
        return model.model_validate(newest, context={"day": day})
    except ValidationError as error:
        mended = _mended(newest, error.errors(include_url=False), day)
        if mended is None:
            raise
        return model.model_validate(mended, context={"day": day})


def _mended(data: dict[str, Any], problems: Sequence[ErrorDetails], day: str) -> dict[str, Any] | None:
    """Return a body as v1 understood it, None if it understood no more: it passed over fields, and turned values."""
    mended, changed = deepcopy(data), False
    for found in problems:
        if found["type"] == "extra_forbidden" and not STRICT_V1.active_on(day):
            holder, field = _holder(mended, found["loc"])
            del holder[field]
            changed = True
        elif (turned := turn(found["type"], found["input"])) is not None:
            holder, field = _holder(mended, found["loc"])
            holder[field] = turned
            changed = True
    return mended if changed else None


def _holder(data: dict[str, Any], place: Path) -> tuple[Any, int | str]:
    """Return what holds the value at a place, and its name there; tags of unions are no part of the way."""
    holder: Any = data
    value: Any = data
    field: int | str = ""
    for part in place:
        if not str(part).startswith("<") or (isinstance(value, dict) and part in value):
            holder, field, value = value, part, value[part]
    return holder, field


def _upgraded(model: type[BaseModel], data: Mapping[str, Any], at: Path, day: str) -> dict[str, Any]:
    """Return a body, or a part of one, in the newest shape. at: where in the body it lies."""
    newest = {name: value for name, value in data.items() if name not in _ONLY_V2}
    if len(newest) < len(data) and STRICT_V1.active_on(day):
        raise errors.validation_v1(problem((*at, name), "extra_forbidden") for name in _ONLY_V2 if name in data)
    if isinstance(newest.get("metadata"), dict):
        newest["metadata"] = {name: _text(value) for name, value in newest["metadata"].items()}
    if isinstance(newest.get("tools"), list):
        newest["tools"] = _tools(newest["tools"], (*at, "tools"), day)
    if model in (CreateRun, CreateThreadAndRun) and "tool_choice" in newest:
        newest["tool_choice"] = upgrade_tool(newest["tool_choice"])
    if model is CreateMessage and not isinstance(newest.get("content", ""), str):
        newest["content"] = _one_text(newest["content"], (*at, "content"))
    if model is CreateMessage and "file_ids" in newest:
        newest["attachments"] = _attachments(newest.pop("file_ids"), (*at, "file_ids"))
    for field, of in (("messages", CreateThread), ("additional_messages", CreateRun)):
        if model is of and isinstance(newest.get(field), list):
            newest[field] = [
                _upgraded(CreateMessage, message, (*at, field, place), day) if isinstance(message, dict) else message
                for place, message in enumerate(newest[field])
            ]
    if model is CreateThreadAndRun and isinstance(newest.get("thread"), dict):
        newest["thread"] = _upgraded(CreateThread, newest["thread"], (*at, "thread"), day)
    return newest


def _one_text(content: Any, at: Path) -> str:
    """Return the content of a message, which was one text."""
    turned = turn("string_type", content)
    if turned is None:
        raise errors.validation_v1([problem(at, "null" if content is None else "string_type")])
    return str(turned)


def _text(value: Any) -> Any:
    """Return a metadata value as v1 kept it: `true` became "True" (recorded)."""
    return str(value) if isinstance(value, bool | int | float) else value


def _tools(tools: list[Any], at: Path, day: str) -> list[Any]:
    """Return tools by their newest names; one without a type is refused later, in newer words."""
    checked = [
        found
        for place, tool in enumerate(tools)
        if isinstance(tool, dict) and isinstance(tool.get("type"), str)
        for found in problems_of(tool, (*at, place), day)
    ]
    if checked:
        raise errors.validation_v1(checked)
    return [upgrade_tool(tool) for tool in tools]


def _attachments(file_ids: Any, at: Path) -> Any:
    if file_ids is None:
        return None
    if not isinstance(file_ids, list):
        raise errors.validation_v1([problem(at, "list_type")])
    no_texts = [place for place, one in enumerate(file_ids) if not isinstance(one, str)]
    if no_texts:
        raise errors.validation_v1(problem((*at, place), "string_type") for place in no_texts)
    if len(file_ids) > _MOST_FILES_OF_MESSAGE:
        raise errors.validation_v1([problem(at, "too_long", max_length=_MOST_FILES_OF_MESSAGE)])
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    return [{"file_id": file_id, "tools": both} for file_id in file_ids]
