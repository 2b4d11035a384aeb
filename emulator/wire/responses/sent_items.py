"""Items as they are sent, one model for each type: checked, and made to the documents that contexts consist of."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from emulator.tools.body import Body
from emulator.wire.responses.input_parts import Doc, InputContent, Output, OutputContent, SentText
from emulator.wire.responses.problems import of_prefix, only
from emulator.wire.responses.tools import Name

# Reported many times.
_LONGEST_ID: Final = 64
_CallId = Annotated[str, Field(min_length=1, max_length=_LONGEST_ID)]
_Status = Literal["in_progress", "completed", "incomplete"]


def _id(prefix: str) -> Any:
    return Annotated[str, Field(max_length=_LONGEST_ID), of_prefix(prefix)]


class InputMessage(Body):
    """A message of a user, a developer or the system."""

    role: Literal["user", "system", "developer"]
    content: InputContent
    type: Literal["message"] | None = None
    id: _id("msg") | None = None  # type: ignore[valid-type]
    status: _Status | None = None

    def document(self) -> Doc:
        """Return the message as it is listed (recorded)."""
        return message(self.id, self.role, _parts(self.content, "input_text"), self.status)


class OutputMessage(Body):
    """A message of a model. phase: which of its parts it was; no other message has one (measured)."""

    role: Literal["assistant"]
    content: OutputContent
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
    arguments: SentText
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
    output: Output
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


SentItem = (
    InputMessage | OutputMessage | FunctionCall | FunctionCallOutput | FileSearchCall | CodeInterpreterCall | Reasoning
    | ItemReference
)  # fmt: skip


def message(id: str | None, role: str, content: list[Doc], status: str | None = None) -> Doc:  # noqa: A002
    """Return the document of a message that is sent. id: None where none was."""
    return {"id": id, "type": "message", "status": status or "completed", "content": content, "role": role}


def _parts(content: Any, kind: str) -> list[Doc]:
    if not isinstance(content, str):
        return [part.document() for part in content]
    about: Doc = {"annotations": [], "logprobs": []} if kind == "output_text" else {}
    return [{"type": kind, **about, "text": content}]
