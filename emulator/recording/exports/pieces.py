"""The objects that a file holds, wherever they stand in it: each with its kind, and what stands around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from emulator.recording.exports.fields import Fields, spelled
from emulator.recording.exports.findings import Findings
from emulator.recording.exports.json_texts import Values
from emulator.service.list_order import Listing
from emulator.wire.exported import KINDS

# What a thread without an id is called until it has one: this, and its place.
ANONYMOUS: Final = "\0"
_MOST_LEVELS: Final = 30
# What a field of this name holds, one or many.
_HOLDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("thread", "threads", "conversation", "conversations"), "thread"),
    **dict.fromkeys(("message", "messages"), "thread.message"),
    **dict.fromkeys(("run", "runs"), "thread.run"),
    **dict.fromkeys(("step", "steps", "runstep", "runsteps"), "thread.run.step"),
    **dict.fromkeys(("assistant", "assistants", "agent", "agents"), "assistant"),
    **dict.fromkeys(("file", "files"), "file"),
    **dict.fromkeys(("vectorstore", "vectorstores"), "vector_store"),
    **dict.fromkeys(("vectorstorefile", "vectorstorefiles"), "vector_store.file"),
}
# What objects of a kind hold under such a name, but as a part of themselves.
_OWN: Final[Mapping[str, frozenset[str]]] = {
    "thread.message": frozenset({"message", "messages", "file", "files"}),
    "assistant": frozenset({"file", "files"}),
}
_THREAD: Final = ("threadid", "thread", "conversationid", "conversation", "sessionid", "chatid")
ROLE: Final = ("role", "sender", "author", "speaker")
_CONTENT: Final = ("content", "text", "message", "value", "body", "parts")
_NOTHING: Final = "it is no thread, message, run, step, assistant, file or vector store"


@dataclass(frozen=True, slots=True)
class Around:
    """What holds an object. thread, run: the id, or `ANONYMOUS` and a place; a run may be none."""

    thread: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """An object of the file."""

    kind: str
    data: Mapping[str, Any]
    fields: Fields
    place: str
    listing: Listing
    around: Around


def pieces(values: Values, findings: Findings) -> Iterator[Piece]:
    """Yield the objects of a file in its order; what is none is skipped."""
    walk = _Walk(findings)
    lines = walk.listing("lines" if values.are_lines else "array")
    around = Around(ANONYMOUS)
    for value in values.values:
        yield from walk.value(value.data, value.place, around, lines, None)


def holds_others(data: Mapping[str, Any]) -> bool:
    """Return whether an object of the API holds objects that the API shows by themselves, such as a run its steps."""
    kind = str(data.get("object"))
    return any(isinstance(value, dict | list) and _is_held(kind, spelled(name)) for name, value in data.items())


class _Walk:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._listings = 0
        self._depth = 0

    def listing(self, form: Literal["page", "array", "lines"], **about: Any) -> Listing:
        """Return the next list."""
        self._listings += 1
        return Listing(self._listings, form, **about)

    def value(self, value: Any, place: str, around: Around, listing: Listing, kind: str | None) -> Iterator[Piece]:
        """Yield the objects of a value. kind: what it is, by the name of its field."""
        if self._depth > _MOST_LEVELS:
            self._findings.skip(place, f"it is nested deeper than {_MOST_LEVELS} levels")
            return
        self._depth += 1
        if isinstance(value, list):
            yield from self._items(value, place, around, self.listing("array"), kind)
        elif not isinstance(value, dict):
            self._findings.skip(place, f"it is no object, but {_named(value)}")
        elif _is_page(value):
            page = self.listing("page", first_id=value.get("first_id"), is_whole=not value.get("has_more"))
            yield from self._items(value["data"], f"{place}.data", around, page, kind)
        else:
            yield from self._object(value, place, around, listing, kind)
        self._depth -= 1

    def _items(
        self, items: list[Any], place: str, around: Around, listing: Listing, kind: str | None
    ) -> Iterator[Piece]:
        for number, one in enumerate(items):
            at = f"{place}[{number}]"
            inner = _in_thread(around, ANONYMOUS + at) if isinstance(one, list) else around
            yield from self.value(one, at, inner, listing, kind)

    def _object(
        self, data: dict[str, Any], place: str, around: Around, listing: Listing, hint: str | None
    ) -> Iterator[Piece]:
        fields = Fields(data)
        declared = data.get("object")
        if isinstance(declared, str) and declared not in KINDS:
            self._findings.skip(place, f"objects of the kind {declared[:80]!r} are not taken")
            return
        kind = declared if isinstance(declared, str) else _kind_of(fields, hint)
        around = _around(around, fields, kind, place)
        if kind is not None:
            yield Piece(kind, data, fields, place, listing, around)
        empty = kind is None
        for name, value in data.items():
            holds = _HOLDS.get(spelled(name))
            if not isinstance(value, dict | list) or (kind is not None and not _is_held(kind, spelled(name))):
                continue
            inner = around
            if holds is None and kind is None:  # {thread_id: [messages]}
                named = name if name.startswith("thread_") else f"{ANONYMOUS}{name}"
                inner = _in_thread(around, named) if around.thread.startswith(ANONYMOUS) else around
            empty = False
            yield from self.value(value, f"{place}.{name}", inner, self.listing("array"), holds)
        if empty:
            self._findings.skip(place, _NOTHING)


def _is_page(value: Mapping[str, Any]) -> bool:
    is_page = value.get("object") == "list" or any(name in value for name in ("first_id", "last_id", "has_more"))
    return is_page and isinstance(value.get("data"), list)


def _is_held(kind: str, name: str) -> bool:
    return name in _HOLDS and name not in _OWN.get(kind, ())


def _in_thread(around: Around, thread: str) -> Around:
    return replace(around, thread=thread) if around.thread.startswith(ANONYMOUS) else around


def _around(around: Around, fields: Fields, kind: str | None, place: str) -> Around:
    """Return what surrounds an object and what it holds."""
    thread = named(fields, *(("threadid", "id", *_THREAD) if kind == "thread" else _THREAD))
    if thread is None and (kind == "thread" or (kind is None and "messages" in fields)):
        thread = ANONYMOUS + place
    run = named(fields, *(("runid", "id") if kind == "thread.run" else ("runid", "run")))
    if run is None and kind == "thread.run":
        run = ANONYMOUS + place
    return Around(thread or around.thread, run or around.run)


def named(fields: Fields, *names: str) -> str | None:
    """Return the id that a field holds, or the object in the field."""
    for name in names:
        value = fields.first(name)
        if isinstance(value, dict):
            value = Fields(value).first("id", f"{name}id")
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def _kind_of(fields: Fields, hint: str | None) -> str | None:
    """Return what an object without `object` is. hint: what stands in its place usually."""
    is_message = _has_role(fields) and any(name in fields for name in _CONTENT)
    kind_of_step = str(fields.first("type")) in {"message_creation", "tool_calls"}
    holds_thread = isinstance(fields.first("thread", "conversation"), dict)
    if is_message:
        return "thread.message"
    if "stepdetails" in fields or kind_of_step:
        return "thread.run.step"
    if hint == "thread" or (hint is None and "messages" in fields):
        says_more = hint == "thread" or any(name in fields for name in ("id", "threadid", "createdat", "metadata"))
        return "thread" if says_more and not holds_thread else None
    if hint is not None and not (hint == "thread.message" and not any(name in fields for name in _CONTENT)):
        return hint
    return _by_fields(fields)


def _by_fields(fields: Fields) -> str | None:
    if "status" in fields and any(name in fields for name in ("assistantid", "requiredaction", "startedat", "steps")):
        return "thread.run"
    if "filename" in fields and any(name in fields for name in ("purpose", "bytes")):
        return "file"
    if "model" in fields and any(name in fields for name in ("instructions", "tools")):
        return "assistant"
    return None


def _has_role(fields: Fields) -> bool:
    role = fields.first(*ROLE)
    return isinstance(role, str) or (isinstance(role, dict) and "role" in role)


def _named(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
    return "a text"
