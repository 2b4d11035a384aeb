"""A record as it is read from a file: every field of its kind, or an error that says where and what is wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, get_args

from emulator.domain.parity import records
from emulator.domain.parity.records import Asked, Dialogue, Did, Record, Saw, SeenFile, SeenMessage, SeenStore, Turn

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Doc = Mapping[str, Any]
Read = Callable[[Any, str], Any]
_LONGEST: Final = 60  # characters of a value that is shown


def record_from(cls: type[R], data: Any) -> R:
    """Return the record that `Record.to_json` wrote. Raises ValueError for anything else: a path and what is wrong."""
    doc = _object(data, "")
    if "parity" not in doc:
        raise ValueError("parity is missing: this is no record of a namespace")
    if (number := doc["parity"]) != records.FORMAT or isinstance(number, bool):
        raise ValueError(f"parity: the format is {_shown(number)}, and only {records.FORMAT} can be read")
    fields = {name: value for name, value in doc.items() if name != "parity"}
    return _made(cls, _RECORD, optional=("dialogues", "refused", "notes"))(fields, "")


def turn_from(data: Any) -> Turn:
    """Return a turn of such a record. Raises ValueError, as `record_from`."""
    turn: Turn = _turn(data, "turn")
    return turn


# --- values ---------------------------------------------------------------------------------------------------------


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _wrong(path: str, expected: str, value: Any) -> ValueError:
    return ValueError(f"{path or 'the record'}: expected {expected}, got {_shown(value)}")


def _object(value: Any, path: str) -> Doc:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _wrong(path, "an object", value)
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, "a text", value)
    return value


def _truth(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(path, "true or false", value)
    return value


def _whole(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(path, "a whole number", value)
    return value


def _number(value: Any, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(path, "a number", value)
    return value


def _any(value: Any, _path: str) -> Any:
    return value


def _texts_by_name(value: Any, path: str) -> Doc:
    doc = _object(value, path)
    return {name: _text(one, f"{path}.{name}") for name, one in doc.items()}


def _or_none(read: Callable[[Any, str], T]) -> Callable[[Any, str], T | None]:
    return lambda value, path: None if value is None else read(value, path)


def _one_of(*words: str) -> Read:
    def read(value: Any, path: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise _wrong(path, f"one of {', '.join(words)}", value)
        return value

    return read


def _several(read: Callable[[Any, str], T]) -> Callable[[Any, str], tuple[T, ...]]:
    def every(value: Any, path: str) -> tuple[T, ...]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise _wrong(path, "a list", value)
        return tuple(read(one, f"{path}[{number}]") for number, one in enumerate(value))

    return every


def _made(cls: Callable[..., T], fields: Mapping[str, Read], optional: Sequence[str] = ()) -> Callable[[Any, str], T]:
    """Return what reads an object into a value of a class. optional: fields that it may lack."""

    def read(value: Any, path: str) -> T:
        doc = _object(value, path)
        below = f"{path}." if path else ""
        for name in doc:
            if name not in fields:
                raise ValueError(f"{below}{name} is unknown; known are {', '.join(fields)}")
        for name in fields:
            if name not in doc and name not in optional:
                raise ValueError(f"{below}{name} is missing")
        return cls(**{name: fields[name](one, f"{below}{name}") for name, one in doc.items()})

    return read


# --- the record -----------------------------------------------------------------------------------------------------

_names: Final = _several(_text)
_text_or_none: Final = _or_none(_text)
_number_or_none: Final = _or_none(_number)
_whole_or_none: Final = _or_none(_whole)
_asked: Final = _made(
    Asked, {"method": _text, "path": _text, "status": _whole, "error": _text_or_none}, optional=("error",)
)
_file: Final = _made(SeenFile, {"id": _text, "name": _text, "tools": _names}, optional=("tools",))
_store: Final = _made(SeenStore, {"id": _text, "files": _names}, optional=("files",))
_message: Final = _made(
    SeenMessage, {"role": _text, "text": _text, "files": _names, "images": _whole}, optional=("files", "images")
)
_SAW: Final[Mapping[str, Read]] = {
    "request": _text,
    "object": _text,
    "model": _text,
    "instructions": _text_or_none,
    "messages": _several(_message),
    "tools": _several(_object),
    "tool_choice": _any,
    "parallel_tool_calls": _truth,
    "response_format": _any,
    "temperature": _number_or_none,
    "top_p": _number_or_none,
    "reasoning_effort": _text_or_none,
    "max_output_tokens": _whole_or_none,
    "max_prompt_tokens": _whole_or_none,
    "truncation": _object,
    "files": _several(_file),
    "stores": _several(_store),
    "metadata": _texts_by_name,
    "dialogue_metadata": _texts_by_name,
    "assistant": _text_or_none,
}
_saw: Final = _made(Saw, _SAW, optional=tuple(_SAW)[4:])
_DID: Final[Mapping[str, Read]] = {
    "kind": _one_of("text", "refusal", "call", "search", "code"),
    "text": _text,
    "name": _text_or_none,
    "output": _text_or_none,
    "cited": _names,
    "found": _names,
    "images": _whole,
}
_did: Final = _made(Did, _DID, optional=tuple(_DID)[2:])
_TURN: Final[Mapping[str, Read]] = {
    "message": _text_or_none,
    "turn": _text_or_none,
    "place": _text_or_none,
    "status": _text,
    "reason": _text_or_none,
    "saw": _several(_saw),
    "did": _several(_did),
    "asked": _several(_asked),
}
_turn: Final = _made(Turn, _TURN, optional=("asked",))
_DIALOGUE: Final[Mapping[str, Read]] = {
    "id": _text,
    "api": _one_of(*get_args(records.Api)),
    "turns": _several(_turn),
    "is_deleted": _truth,
}
_dialogue: Final = _made(Dialogue, _DIALOGUE, optional=("is_deleted",))
_RECORD: Final[Mapping[str, Read]] = {
    "namespace": _text,
    "wire": _text,
    "dialogues": _several(_dialogue),
    "refused": _several(_asked),
    "notes": _names,
}
