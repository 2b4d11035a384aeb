"""Objects in the API's own JSON, made of what a file holds under whatever names; ids and order come later."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from emulator.domain.id_forms import is_file_id, is_well_formed
from emulator.domain.instants import LAST_INSTANT
from emulator.recording.exports.contents import content_of
from emulator.recording.exports.fields import Fields, spelled
from emulator.recording.exports.findings import Findings
from emulator.recording.exports.made_ids import made_id
from emulator.recording.exports.pieces import ROLE, Piece, named
from emulator.recording.exports.times import seconds
from emulator.wire.exported import UnusableObjectError
from emulator.wire.shapes import SHAPES

Doc = dict[str, Any]
_MOST_ID: Final = 256
_ROLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("user", "human", "customer", "client"), "user"),
    **dict.fromkeys(("assistant", "agent", "ai", "bot", "model"), "assistant"),
}
# Under what names an object has its own id.
_IDS: Final[Mapping[str, tuple[str, ...]]] = {
    "thread": ("threadid", "id", "thread", "conversationid"),
    "thread.message": ("messageid", "msgid", "id"),
    "thread.run": ("runid", "id"),
    "thread.run.step": ("stepid", "id"),
    "assistant": ("assistantid", "id", "agentid"),
    "file": ("fileid", "id"),
    "vector_store": ("vectorstoreid", "id"),
    "vector_store.file": ("id", "fileid"),
}
_CREATED: Final = (
    "createdat", "timestamp", "created", "createtime", "time", "datetime", "date", "ts", "sentat", "createdon",
)  # fmt: skip
# Fields that not every answer shows: those of v1, and of messages in streams.
_UNSHOWN: Final = (
    "file_ids", "expired_at", "status", "status_details", "incomplete_details", "incomplete_at", "completed_at",
)  # fmt: skip
# The API's names of fields, by how they are compared.
_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    kind: {spelled(name): name for name in (*shape["properties"], *_UNSHOWN)} for kind, shape in SHAPES.items()
}
_TIMES: Final = re.compile(r"(created|started|expires|expired|cancelled|failed|completed|incomplete|last_active)_at")
# Whose keys are somebody's own.
_FREE: Final = frozenset({"metadata", "attributes", "parameters", "properties", "schema"})
_TAKEN: Final[Mapping[str, Any]] = {}
_NO_FIELDS: Final = Fields(_TAKEN)


@dataclass(slots=True)
class Found:
    """An object that is being made. thread: the key of its thread. names: of files that it names, by their ids."""

    kind: str
    doc: Doc
    piece: Piece
    names: dict[str, str] = field(default_factory=dict)

    @property
    def at(self) -> int | None:
        """Its time, in seconds since the epoch."""
        at: int | None = self.doc.get("created_at")
        return at


def found(piece: Piece, findings: Findings) -> Found | None:
    """Return the object that a piece is; None for one that was skipped. Its `id` is missing where it has none."""
    made = Found(piece.kind, {"object": piece.kind}, piece)
    if (id_ := own_id(piece)) is not None:
        made.doc["id"] = id_
    try:
        _MAKE.get(piece.kind, _any)(made, findings)
    except UnusableObjectError as error:
        findings.skip(piece.place, str(error))
        return None
    _take_time(made, findings)
    if piece.kind.startswith("thread."):
        made.doc["thread_id"] = piece.around.thread  # its key, until threads have ids
    # What it was made of takes as much memory again, and all objects of a file are there together.
    made.piece = replace(piece, data=_TAKEN, fields=_NO_FIELDS)
    return made


def own_id(piece: Piece) -> str | None:
    """Return the id of an object, if it is one that the API can have: a number is the row of some table."""
    given = (piece.fields.first(name) for name in _IDS[piece.kind])
    return next((value for value in given if isinstance(value, str) and is_usable_id(value)), None)


def is_usable_id(text: str) -> bool:
    """Return whether a text can be the id of an object of the API, whatever its form."""
    return 0 < len(text) <= _MOST_ID and is_well_formed(text) and not text.isdigit()


def as_id(kind: str, key: str) -> str:
    """Return the id of an object that others name by a key."""
    return key if is_usable_id(key) else made_id(kind, key)


def _take_time(made: Found, findings: Findings) -> None:
    name = next((one for one in _CREATED if made.piece.fields.first(one) is not None), None)
    made.doc.pop("created_at", None)
    if name is None:
        return
    given = made.piece.fields.first(name)
    at = _time(made.piece, given)
    if at is None:
        findings.note(made.piece.place, f"its time cannot be read: {str(given)[:40]!r}")
    else:
        made.doc["created_at"] = at


def _time(piece: Piece, value: Any) -> int | None:
    """Return a time; those of the API are whole seconds, also where they are years ahead."""
    is_of_api = "object" in piece.data and isinstance(value, int) and 0 <= value <= LAST_INSTANT
    return value if is_of_api else seconds(value)


def _take_fields(made: Found, *, but: frozenset[str] = frozenset()) -> None:
    """Take the fields that objects of the kind have, under the API's names."""
    names = _NAMES[made.kind]
    for given, value in made.piece.data.items():
        name = names.get(spelled(given))
        if name is None or name in but or name in {"id", "object", "thread_id", "run_id"} or name in made.doc:
            continue
        if _TIMES.fullmatch(name):
            made.doc[name] = _time(made.piece, value)
        elif name == "metadata":
            made.doc[name] = _metadata(value)
        else:
            made.doc[name] = value if "object" in made.piece.data else _api_names(value)


def _api_names(value: Any) -> Any:
    """Return a value whose keys are written as the API does: ``toolCalls`` becomes ``tool_calls``."""
    if isinstance(value, list):
        return [_api_names(one) for one in value]
    if not isinstance(value, dict):
        return value
    pairs = ((re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(), item) for name, item in value.items())
    return {name: item if name in _FREE else _api_names(item) for name, item in pairs}


def _metadata(value: Any) -> Doc:
    """Return metadata of texts alone."""
    given = value if isinstance(value, dict) else {}
    return {str(name): item if isinstance(item, str) else _written(item) for name, item in given.items()}


def _written(value: Any) -> str:
    return orjson.dumps(value).decode()


def _enumerated(value: Any) -> str | None:
    """Return a word of the API that an enumeration's name may hold: ``RunStatus.COMPLETED``; None for no text."""
    return value.rpartition(".")[2].lower() if isinstance(value, str) else None


# --- messages --------------------------------------------------------------------------------------------------------


def _message(made: Found, _findings: Findings) -> None:
    fields, doc = made.piece.fields, made.doc
    _take_fields(made, but=frozenset({"content", "attachments", "role", "file_ids", "status"}))
    assistant, run = _assistant_of(fields), named(fields, "runid", "run")
    doc["role"] = _role(fields, assistant or run)
    run = run or (made.piece.around.run if doc["role"] == "assistant" else None)
    for name, value in (("assistant_id", assistant), ("run_id", run)):
        # Where none is named, only the API's own object says that there is none.
        if value is not None or ("object" in made.piece.data and name in made.piece.data):
            doc[name] = value
    given = fields.first("content", "text", "message", "value", "body", "parts")
    content = content_of(given, fields.first("annotations"))
    if content is None:
        raise UnusableObjectError("its content is neither a text nor parts of texts and images")
    doc["content"] = content
    if (status := _enumerated(fields.first("status"))) in {"in_progress", "incomplete", "completed"}:
        doc["status"] = status
    _take_files(made)


def _role(fields: Fields, assistant: Any) -> str:
    given = role_of(fields)
    if given is None:
        return "assistant" if assistant else "user"
    role = _ROLES.get(str(_enumerated(given)))
    if role is None:
        raise UnusableObjectError(f"a thread has no messages of the role {str(given)[:40]!r}")
    return role


def role_of(fields: Fields) -> Any:
    """Return who a message says has written it."""
    given = fields.first(*ROLE)
    return Fields(given).first("role", "type", "name") if isinstance(given, dict) else given


def _take_files(made: Found) -> None:
    """Take the files of a message: as v2 attaches them, as v1 lists them, or by their names alone."""
    fields = made.piece.fields
    given = fields.first("attachments")
    if isinstance(given, list) and "object" in made.piece.data:
        made.doc["attachments"] = given
        return
    if given is None and isinstance(listed := fields.first("fileids", "files"), list | dict):
        file_ids = [_attached(made, one) for one in listed]
        made.doc["file_ids"] = [one for one in file_ids if one is not None]
        return
    made.doc["attachments"] = [
        {"file_id": file_id, "tools": _tools_of(one)}
        for one in (given if isinstance(given, list) else ())
        if (file_id := _attached(made, one)) is not None
    ]


def _attached(made: Found, value: Any) -> str | None:
    """Return the id of a file that a message names. A file of which only the name is known gets one."""
    if isinstance(value, str):
        value = {"file_id": value} if is_file_id(value) else {"filename": value}
    if not isinstance(value, dict):
        return None
    fields = Fields(value)
    id_, name = fields.first("fileid", "id"), fields.first("filename", "name", "path")
    if not isinstance(id_, str) or not id_:
        if not isinstance(name, str) or not name:
            return None
        id_ = made_id("file", made.piece.around.thread, name)
    if isinstance(name, str) and name:
        made.names[id_] = name
    return id_


def _tools_of(attachment: Any) -> list[Any]:
    tools = Fields(attachment).first("tools") if isinstance(attachment, dict) else None
    if not isinstance(tools, list):
        return [{"type": "file_search"}, {"type": "code_interpreter"}]
    return [{"type": one} if isinstance(one, str) else one for one in tools]


def _assistant_of(fields: Fields) -> str | None:
    key = named(fields, "assistantid", "assistant", "agentid", "agent")
    return None if key is None else as_id("assistant", key)


# --- the others ------------------------------------------------------------------------------------------------------


def _run(made: Found, findings: Findings) -> None:
    _take_fields(made, but=frozenset({"status"}))
    made.doc["assistant_id"] = _assistant_of(made.piece.fields) or ""
    made.doc["status"] = _status(made, findings)


def _step(made: Found, findings: Findings) -> None:
    fields = made.piece.fields
    _take_fields(made, but=frozenset({"status"}))
    if made.piece.around.run is None:
        raise UnusableObjectError("it does not say of which run it is a step")
    made.doc["run_id"] = made.piece.around.run
    made.doc["assistant_id"] = _assistant_of(fields) or ""
    made.doc["status"] = _status(made, findings)
    if not isinstance(made.doc.get("step_details"), dict):
        made.doc["step_details"] = _details(fields)
    made.doc["type"] = made.doc["step_details"].get("type")


def _details(fields: Fields) -> Doc:
    calls, message = fields.first("toolcalls"), named(fields, "messageid", "messagecreation")
    if isinstance(calls, list):
        return {"type": "tool_calls", "tool_calls": _api_names(calls)}
    if message is not None:
        return {"type": "message_creation", "message_creation": {"message_id": message}}
    raise UnusableObjectError("it says neither what was called nor which message was written")


def _status(made: Found, findings: Findings) -> Any:
    given = _enumerated(made.piece.fields.first("status"))
    if given is None:
        findings.note(made.piece.place, "it does not say how it ended, so it is completed")
        return "completed"
    return {"canceled": "cancelled"}.get(given, given)


def _any(made: Found, _findings: Findings) -> None:
    _take_fields(made)


_MAKE: Final[Mapping[str, Callable[[Found, Findings], None]]] = {
    "thread.message": _message,
    "thread.run": _run,
    "thread.run.step": _step,
}
