"""Request bodies of v1, upgraded to the newest shape.

`file_ids` of a message become attachments for both tools, `retrieval` becomes `file_search` (documented mapping);
`file_ids` of an assistant are stored beside its resources, because v1 shows them again as they were sent.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from emulator.domain import refusals
from emulator.tools.body import Body
from emulator.tools.unions import is_tag
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.history.behaviors import STRICT_V1
from emulator.wire.messages import CreateMessage
from emulator.wire.problems import Path
from emulator.wire.runs import CreateRun, CreateThreadAndRun
from emulator.wire.threads import CreateThread
from emulator.wire.v1.coercion import coerce
from emulator.wire.v1.problems import problem, refuse
from emulator.wire.v1.tools import tool_problems, upgrade_tool

Model = TypeVar("Model", bound=Body)
FileIds = Annotated[list[str], Field(max_length=20)]
_MOST_FILES_OF_MESSAGE: Final = 10  # documented
# Fields that only v2 has (documented).
_ONLY_V2: Final = ("tool_resources", "attachments", "parallel_tool_calls", "reasoning_effort")


class CreateAssistantV1(CreateAssistant):
    """A new assistant with files."""

    file_ids: FileIds | None = None


class ModifyAssistantV1(ModifyAssistant):
    """A change of an assistant with files."""

    file_ids: FileIds | None = None


_WITH_FILES: Final[Mapping[type[Body], type[Body]]] = {
    CreateAssistant: CreateAssistantV1,
    ModifyAssistant: ModifyAssistantV1,
}


def upgrade(model: type[Model], data: Any, day: str) -> Model:
    """Return a v1 body as a ``model`` of the newest shape; raise the `ApiError` that v1 returned on a day."""
    if not isinstance(data, dict):
        raise refusals.validation_v1([problem((), "dict_type")])
    newest = _upgrade_fields(model, data, (), day)
    try:
        return _validate(_WITH_FILES.get(model, model), newest, day)  # type: ignore[return-value]
    except ValidationError as error:
        raise refuse(error.errors(include_url=False), newest) from None


def _validate(model: type[Body], newest: dict[str, Any], day: str) -> Body:
    """Validate a body; if it fails, once more with the values converted that v1 would have converted."""
    context = {"day": day, "mount": "openai"}  # Foundry never spoke v1
    try:
        return model.read(newest, context)
    except ValidationError as error:
        coerced = _coerce_fields(newest, error.errors(include_url=False), day)
        if coerced is None:
            raise
        return model.read(coerced, context)


def _coerce_fields(data: dict[str, Any], problems: Sequence[ErrorDetails], day: str) -> dict[str, Any] | None:
    """Return a body as v1 read it: unknown fields ignored, values converted; None if that changes nothing."""
    coerced, changed = deepcopy(data), False
    for found in problems:
        if found["type"] == "extra_forbidden" and not STRICT_V1.active_on(day):
            container, key = _locate(coerced, found["loc"])
            del container[key]
            changed = True
        elif (converted := coerce(found["type"], found["input"])) is not None:
            container, key = _locate(coerced, found["loc"])
            container[key] = converted
            changed = True
    return coerced if changed else None


def _locate(data: dict[str, Any], location: Path) -> tuple[Any, int | str]:
    """Return the container of the value at pydantic's location, and its key there; tags of unions are skipped."""
    container: Any = data
    value: Any = data
    key: int | str = ""
    for part in location:
        if not is_tag(part):
            container, key, value = value, part, value[part]
    return container, key


def _upgrade_fields(model: type[Body], data: Mapping[str, Any], at: Path, day: str) -> dict[str, Any]:
    """Return a body, or a part of one, in the newest shape. at: the path of the part in the body."""
    newest = {name: value for name, value in data.items() if name not in _ONLY_V2}
    if len(newest) < len(data) and STRICT_V1.active_on(day):
        raise refusals.validation_v1(problem((*at, name), "extra_forbidden") for name in _ONLY_V2 if name in data)
    if isinstance(newest.get("metadata"), dict):
        newest["metadata"] = {name: _metadata_text(value) for name, value in newest["metadata"].items()}
    if isinstance(newest.get("tools"), list):
        newest["tools"] = _upgrade_tools(newest["tools"], (*at, "tools"), day)
    if model in (CreateRun, CreateThreadAndRun) and "tool_choice" in newest:
        newest["tool_choice"] = upgrade_tool(newest["tool_choice"])
    if model is CreateMessage and not isinstance(newest.get("content", ""), str):
        newest["content"] = _content_text(newest["content"], (*at, "content"))
    if model is CreateMessage and "file_ids" in newest:
        newest["attachments"] = _attachments(newest.pop("file_ids"), (*at, "file_ids"))
    for field, owner in (("messages", CreateThread), ("additional_messages", CreateRun)):
        if model is owner and isinstance(newest.get(field), list):
            newest[field] = [
                _upgrade_fields(CreateMessage, message, (*at, field, index), day)
                if isinstance(message, dict)
                else message
                for index, message in enumerate(newest[field])
            ]
    if model is CreateThreadAndRun and isinstance(newest.get("thread"), dict):
        newest["thread"] = _upgrade_fields(CreateThread, newest["thread"], (*at, "thread"), day)
    return newest


def _content_text(content: Any, at: Path) -> str:
    """Return the content of a message, which in v1 was a single text."""
    text = coerce("string_type", content)
    if text is None:
        raise refusals.validation_v1([problem(at, "null" if content is None else "string_type")])
    return str(text)


def _metadata_text(value: Any) -> Any:
    """Return a metadata value as v1 stored it: `true` became "True" (recorded)."""
    return str(value) if isinstance(value, bool | int | float) else value


def _upgrade_tools(tools: list[Any], at: Path, day: str) -> list[Any]:
    """Return tools under their newest names; a tool without a type is refused later, in newer words."""
    problems = [
        found
        for index, tool in enumerate(tools)
        if isinstance(tool, dict) and isinstance(tool.get("type"), str)
        for found in tool_problems(tool, (*at, index), day)
    ]
    if problems:
        raise refusals.validation_v1(problems)
    return [upgrade_tool(tool) for tool in tools]


def _attachments(file_ids: Any, at: Path) -> Any:
    if file_ids is None:
        return None
    if not isinstance(file_ids, list):
        raise refusals.validation_v1([problem(at, "list_type")])
    not_texts = [index for index, file_id in enumerate(file_ids) if not isinstance(file_id, str)]
    if not_texts:
        raise refusals.validation_v1(problem((*at, index), "string_type") for index in not_texts)
    if len(file_ids) > _MOST_FILES_OF_MESSAGE:
        raise refusals.validation_v1([problem(at, "too_long", max_length=_MOST_FILES_OF_MESSAGE)])
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    return [{"file_id": file_id, "tools": both} for file_id in file_ids]
