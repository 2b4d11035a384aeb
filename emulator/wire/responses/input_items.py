"""The input of a request: a text or items, checked, and made to the documents that contexts consist of."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from emulator.domain import refusals, response_refusals
from emulator.tools.body import Body
from emulator.tools.unions import by_field, chosen, tag
from emulator.wire.problems import Path, path_of
from emulator.wire.responses.problems import of_prefix, only, validate, wrong_type
from emulator.wire.responses.tools import Name

Doc = dict[str, Any]
# What `items_of` checks by itself.
Item = Annotated[Any, WithJsonSchema({"type": "object"})]
Input = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]})]

# Reported many times, of texts and of ids.
_LONGEST_TEXT: Final = 10_485_760
_LONGEST_ID: Final = 64
_Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]
_CallId = Annotated[str, Field(min_length=1, max_length=_LONGEST_ID)]
_Status = Literal["in_progress", "completed", "incomplete"]

# Types of items, roles, and types of parts: which there are, and the order in which a refusal lists them. Measured in
# Aug 2026. Before that they were fewer: reported of items until Nov 2025 and of parts until Mar 2026, in several
# programs. Which came when is unverified.
_ALL_LISTED: Final = "2026-04-27"
_TYPES: Final = (
    "additional_tools", "agent_message", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call",
    "compaction", "compaction_trigger", "computer_call", "computer_call_output", "custom_tool_call",
    "custom_tool_call_output", "file_search_call", "function_call", "function_call_output", "image_generation_call",
    "item_reference", "local_shell_call", "local_shell_call_output", "mcp_approval_request", "mcp_approval_response",
    "mcp_call", "mcp_list_tools", "message", "multi_agent_call", "multi_agent_call_output", "program",
    "program_output", "reasoning", "shell_call", "shell_call_output", "tool_search_call", "tool_search_output",
    "web_search_call",
)  # fmt: skip
_TYPES_BEFORE: Final = (
    "code_interpreter_call", "computer_call", "computer_call_output", "file_search_call", "function_call",
    "function_call_output", "image_generation_call", "item_reference", "local_shell_call", "local_shell_call_output",
    "message", "reasoning", "web_search_call",
)  # fmt: skip
_ROLES: Final = ("assistant", "system", "developer", "user")
_PARTS: Final = (
    "input_text", "input_image", "input_audio", "output_text", "refusal", "input_file", "computer_screenshot",
    "summary_text", "encrypted_content",
)  # fmt: skip
_PARTS_BEFORE: Final = (
    "input_text", "input_image", "output_text", "refusal", "input_file", "computer_screenshot", "summary_text",
)  # fmt: skip
_PARTS_OF_USERS: Final = ("input_text", "input_image", "input_file", "scoped_content", "input_audio")
_PARTS_OF_ASSISTANTS: Final = ("output_text", "refusal")
# Of those, what is not emulated.
_OTHER_PARTS: Final = ("scoped_content", "input_audio")


def _id(prefix: str) -> Any:
    return Annotated[str, Field(max_length=_LONGEST_ID), of_prefix(prefix)]


# --- parts ----------------------------------------------------------------------------------------------------------


class InputText(Body):
    """A text that the model is given."""

    type: Literal["input_text"]
    text: _Text
    prompt_cache_breakpoint: dict[str, Any] | None = None

    def document(self) -> Doc:
        """Return the part as it is listed (recorded)."""
        return {"type": self.type, "text": self.text}


def _check_url(value: str) -> str:
    if not value.lower().startswith(("http://", "https://", "data:")):
        raise PydanticCustomError("no_url", "no url")
    return value


class InputImage(Body):
    """An image that the model is given, by its address or as a file. That it is an object in Chat is reported."""

    type: Literal["input_image"]
    image_url: Annotated[str, BeforeValidator(_check_url), only(str, expected="an image URL")] | None = None
    file_id: str | None = None
    detail: Literal["low", "high", "auto", "original"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if not self.image_url and not self.file_id:  # the text is unverified
            raise PydanticCustomError("missing_within", "missing", {"name": "image_url"})
        return self

    def document(self) -> Doc:
        """Return the part as it is kept, in the order of keys of lists (recorded)."""
        detail = self.detail or "auto"
        return {"type": self.type, "detail": detail, "file_id": self.file_id, "image_url": self.image_url}


class InputFile(Body):
    """A file that the model is given: one of the Files API, or its bytes, or its address."""

    type: Literal["input_file"]
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    detail: Literal["auto", "low", "high"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if not (self.file_id or self.file_data or self.file_url):  # the text is unverified
            raise PydanticCustomError("missing_within", "missing", {"name": "file_id"})
        return self

    def document(self) -> Doc:
        """Return the part as it is kept: lists have the first three keys (recorded)."""
        contents = {"file_data": self.file_data, "file_url": self.file_url}
        kept = {name: value for name, value in contents.items() if value is not None}
        return {"type": self.type, "file_id": self.file_id, "filename": self.filename, **kept}


class OutputText(Body):
    """A text that a model wrote."""

    type: Literal["output_text"]
    text: _Text
    annotations: list[dict[str, Any]] | None = None
    logprobs: list[dict[str, Any]] | None = None

    def document(self) -> Doc:
        """Return the part as it is listed (recorded)."""
        about = {"annotations": self.annotations or [], "logprobs": self.logprobs or []}
        return {"type": self.type, **about, "text": self.text}


class Refusal(Body):
    """What a model said where it refused."""

    type: Literal["refusal"]
    refusal: _Text

    def document(self) -> Doc:
        """Return the part as it is listed."""
        return {"type": self.type, "refusal": self.refusal}


def _lists_all(day: str | None) -> bool:
    return day is None or day >= _ALL_LISTED


def _one_of_parts(allowed: Sequence[str]) -> BeforeValidator:
    """Refuse parts of types that nobody has, and those that others have; each with a list of its own. Measured."""

    def check(value: Any, info: ValidationInfo) -> Any:
        is_late = _lists_all((info.context or {}).get("day"))
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind in allowed:
            if kind in _OTHER_PARTS:
                raise response_refusals.not_emulated(f"Input of the type '{kind}' is", "input")
            return value
        if kind in _PARTS:
            known = [part for part in allowed if is_late or part not in _OTHER_PARTS]
            raise PydanticCustomError("wrong_part", "wrong part", {"got": kind, "known": known})
        raise PydanticCustomError("unknown_kind", "unknown kind", {"known": _PARTS if is_late else _PARTS_BEFORE})

    return BeforeValidator(check)


_InputPart = Annotated[
    Annotated[InputText, tag("any")]
    | Annotated[InputImage, tag("input_image")]
    | Annotated[InputFile, tag("input_file")],
    by_field("type", "input_image", "input_file"),
    _one_of_parts(_PARTS_OF_USERS),
]
_OutputPart = Annotated[
    Annotated[OutputText, tag("any")] | Annotated[Refusal, tag("refusal")],
    by_field("type", "refusal"),
    _one_of_parts(_PARTS_OF_ASSISTANTS),
]
_TEXT_OR_PARTS: Final = chosen(lambda value: "string" if isinstance(value, str) else "parts")
# Of messages and of outputs it is said in two ways. Reported, of each in several programs (2025).
_CONTENT: Final = only(str, list, expected="one of an array of objects or string")
_ANSWER: Final = only(str, list, expected="one of a string or array of objects")
_InputParts = Annotated[_Text, tag("string")] | Annotated[list[_InputPart], tag("parts")]
_OutputParts = Annotated[_Text, tag("string")] | Annotated[list[_OutputPart], tag("parts")]
_Input = Annotated[_InputParts, _TEXT_OR_PARTS, _CONTENT]
_Output = Annotated[_OutputParts, _TEXT_OR_PARTS, _CONTENT]


# --- items ----------------------------------------------------------------------------------------------------------


class InputMessage(Body):
    """A message of a user, a developer or the system."""

    role: Literal["user", "system", "developer"]
    content: _Input
    type: Literal["message"] | None = None
    id: _id("msg") | None = None  # type: ignore[valid-type]
    status: _Status | None = None

    def document(self) -> Doc:
        """Return the message as it is listed (recorded)."""
        return message(self.id, self.role, _parts(self.content, "input_text"), self.status)


class OutputMessage(Body):
    """A message of a model. phase: which of its parts it was; no other message has one (measured)."""

    role: Literal["assistant"]
    content: _Output
    type: Literal["message"] | None = None
    id: _id("msg") | None = None  # type: ignore[valid-type]
    status: _Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None

    def document(self) -> Doc:
        """Return the message as it is listed (recorded), its phase where messages of responses have it."""
        shown = message(self.id, self.role, _parts(self.content, "output_text"), self.status)
        phase = {} if self.phase is None else {"phase": self.phase}
        return {**{name: shown[name] for name in shown if name != "role"}, **phase, "role": self.role}


class Call(Body):
    """What calls and outputs have besides their own: an SDK sends back all that it knows, as null."""

    namespace: str | None = None
    caller: dict[str, Any] | None = None
    created_by: str | None = None
    async_: bool | None = Field(default=None, alias="async")


class FunctionCall(Call):
    """A call that a model made."""

    type: Literal["function_call"]
    call_id: _CallId
    name: Name
    arguments: _Text
    id: _id("fc") | None = None  # type: ignore[valid-type]
    status: _Status | None = None

    def document(self) -> Doc:
        """Return the call as it is listed (recorded)."""
        about = {"arguments": self.arguments, "call_id": self.call_id, "name": self.name}
        return {"id": self.id, "type": self.type, "status": self.status or "completed", **about}


class FunctionCallOutput(Call):
    """What a client answers to a call: a text, or parts."""

    type: Literal["function_call_output"]
    call_id: _CallId
    output: Annotated[_InputParts, _TEXT_OR_PARTS, _ANSWER]
    id: _id("fc") | None = None  # type: ignore[valid-type]
    status: _Status | None = None
    name: str | None = None

    def document(self) -> Doc:
        """Return the output as it is listed (recorded for a text)."""
        output = self.output if isinstance(self.output, str) else [part.document() for part in self.output]
        about = {"call_id": self.call_id, "output": output}
        return {"id": self.id, "type": self.type, "status": self.status or "completed", **about}


class FileSearchCall(Body):
    """A search that a model made."""

    type: Literal["file_search_call"]
    id: _id("fs")  # type: ignore[valid-type]
    queries: Annotated[list[str], only(list, expected="an array of strings")]
    status: Literal["in_progress", "searching", "completed", "incomplete", "failed"] | None = None
    results: list[dict[str, Any]] | None = None

    def document(self) -> Doc:
        """Return the search as it is listed (recorded)."""
        about = {"queries": list(self.queries), "results": self.results}
        return {"id": self.id, "type": self.type, "status": self.status or "completed", **about}


class CodeInterpreterCall(Body):
    """Code that a model had run."""

    type: Literal["code_interpreter_call"]
    id: _id("ci")  # type: ignore[valid-type]
    container_id: str
    code: str | None = None
    outputs: list[dict[str, Any]] | None = None
    status: Literal["in_progress", "interpreting", "completed", "incomplete", "failed"] | None = None

    def document(self) -> Doc:
        """Return the call as it is listed (recorded)."""
        about = {"code": self.code, "container_id": self.container_id, "outputs": self.outputs}
        return {"id": self.id, "type": self.type, "status": self.status or "completed", **about}


class Reasoning(Body):
    """What a model thought, as far as it was shown."""

    type: Literal["reasoning"]
    id: _id("rs") | None = None  # type: ignore[valid-type]
    summary: list[dict[str, Any]]
    content: list[dict[str, Any]] | None = None
    encrypted_content: str | None = None
    status: _Status | None = None

    def document(self) -> Doc:
        """Return the reasoning as it is listed (recorded)."""
        return {"id": self.id, "type": self.type, "summary": list(self.summary)}


class ItemReference(Body):
    """An item that is kept already."""

    type: Literal["item_reference"] | None = None
    id: str

    def document(self) -> Doc:
        """Return the reference; whoever knows the items puts one in its place."""
        return {"type": "item_reference", "id": self.id}


_Item = (
    InputMessage | OutputMessage | FunctionCall | FunctionCallOutput | FileSearchCall | CodeInterpreterCall | Reasoning
    | ItemReference
)  # fmt: skip
_MODELS: Final[Mapping[str, type[_Item]]] = {
    "code_interpreter_call": CodeInterpreterCall,
    "file_search_call": FileSearchCall,
    "function_call": FunctionCall,
    "function_call_output": FunctionCallOutput,
    "item_reference": ItemReference,
    "reasoning": Reasoning,
}


def items_of(value: Any, *, root: str = "input", day: str | None = None) -> list[Doc]:
    """Return an input as documents of items, complete but for the ids that were not sent, which are null.

    root: the name of the field in the body. day: whose words are listed, by default the newest.
    """
    if isinstance(value, str):
        if len(value) > _LONGEST_TEXT:
            raise refusals.string_too_long(root, _LONGEST_TEXT, len(value))
        return [message(None, "user", [{"type": "input_text", "text": value}])] if value else []
    if not isinstance(value, list):
        raise wrong_type(root, "one of a string or array of input items", value)
    items = [_document(item, (root, place), day) for place, item in enumerate(value)]
    if root == "input":  # where items are added to a conversation one may stand twice (recorded)
        _check_once(items)
        _check_reasoning(items)
    return items


def message(id: str | None, role: str, content: list[Doc], status: str | None = None) -> Doc:  # noqa: A002
    """Return the document of a message that is put in."""
    return {"id": id, "type": "message", "status": status or "completed", "content": content, "role": role}


def _parts(content: Any, kind: str) -> list[Doc]:
    if not isinstance(content, str):
        return [part.document() for part in content]
    about: Doc = {"annotations": [], "logprobs": []} if kind == "output_text" else {}
    return [{"type": kind, **about, "text": content}]


def _document(item: Any, path: Path, day: str | None) -> Doc:
    if not isinstance(item, dict):
        raise wrong_type(path_of(path), "an input item", item)
    model = _model_of(item, path_of(path), day)
    read = validate(model, item, root=path, day=day)
    if isinstance(read, Reasoning) and read.encrypted_content:
        raise response_refusals.not_emulated("Encrypted reasoning is", f"{path_of(path)}.encrypted_content")
    return read.document()


def _model_of(item: Mapping[str, Any], path: str, day: str | None) -> type[_Item]:
    """Return what an item is, by its type; by its role where it has none or is a message."""
    kind, role = item.get("type"), item.get("role")
    if kind is not None and kind not in _TYPES:
        known = _TYPES if _lists_all(day) else _TYPES_BEFORE
        raise refusals.invalid_value(path, kind if isinstance(kind, str) else "", known)
    if kind not in (None, "message"):
        if kind not in _MODELS:
            raise response_refusals.not_emulated(f"Items of the type '{kind}' are", path)
        return _MODELS[kind]
    if kind is None and role is None and "id" in item and item.keys() <= {"id", "type"}:
        return ItemReference  # documented: its type may be left out
    if role not in _ROLES:
        raise refusals.invalid_value(path, role if isinstance(role, str) else "", _ROLES)
    return OutputMessage if role == "assistant" else InputMessage


def _check_once(items: Sequence[Doc]) -> None:
    """Refuse an item that the input has twice."""
    seen = set()
    for item in items:
        if item["id"] is not None and item["id"] in seen:
            raise response_refusals.duplicate_item(item["id"])
        seen.add(item["id"])


def _check_reasoning(items: Sequence[Doc]) -> None:
    """Refuse reasoning without what it led to: a message of the model, or a call."""
    for item, following in pairwise((*items, None)):
        if item is not None and item["type"] == "reasoning" and item["id"] is not None and not _is_of_model(following):
            raise response_refusals.reasoning_alone(item["id"])


def _is_of_model(item: Doc | None) -> bool:
    """Return whether a model wrote an item. What a reference names may well be one."""
    return item is not None and item["type"] != "function_call_output" and item.get("role", "assistant") == "assistant"
