"""What is wrong or odd about the annotations of a message, which a script writes in the API's own shape."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.nearest import did_you_mean, nearest
from scripted_models.problems import Path, brief
from scripted_models.templating import is_template, static

# The types of the API, the last of them Foundry's alone, and what the object of each names.
_NAMES: Final = {"file_citation": "file_id", "file_path": "file_id", "url_citation": "url"}
_OFFSETS: Final = ("start_index", "end_index")


def mistakes(annotations: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Path, str]]:
    """Yield what no client could be shown, each with its path within the message."""
    for number, annotation in enumerate(annotations):
        here: Path = ("annotations", number)
        for name in _OFFSETS:
            offset = annotation.get(name, 0)
            if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
                yield (*here, name), f"expected a whole number of characters, got {brief(offset)}"
        if not isinstance(annotation.get("file_citation", {}), Mapping):
            yield (*here, "file_citation"), f"expected a mapping, got {brief(annotation['file_citation'])}"


def oddities(annotations: Sequence[Mapping[str, Any]], text: str | None) -> Iterator[tuple[Path, str]]:
    """Yield what is probably not meant, each with its path within the message. text: None where the run makes it."""
    for number, annotation in enumerate(annotations):
        for path, message in (*_shape(annotation), *_place(annotation, text)):
            yield ("annotations", number, *path), message


def _shape(annotation: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    kind = annotation.get("type")
    if not isinstance(kind, str):
        yield ("type",), f"an annotation needs a type, one of {', '.join(_NAMES)}"
        return
    if is_template(kind):
        return
    if kind not in _NAMES:
        yield ("type",), f"no annotation of the type {brief(kind)} is known{did_you_mean(kind, _NAMES)}"
        return
    known = ("type", "text", *_OFFSETS, kind)
    for name in annotation:
        if name not in known and (near := nearest(name, known)):
            yield (name,), f"no field {brief(name)} of an annotation is known, did you mean {near}?"
    of, name = annotation.get(kind), _NAMES[kind]
    if not isinstance(of, Mapping) or not isinstance(of.get(name), str):
        inner = (kind, name) if isinstance(of, Mapping) else (kind,)
        yield inner, f"an annotation of the type {kind} needs {kind}, a mapping with the text {name}"


def _place(annotation: Mapping[str, Any], message: str | None) -> Iterator[tuple[Path, str]]:
    """Compare an annotation with its message; None: one that only the run makes."""
    text = annotation.get("text")
    if not isinstance(text, str):
        yield ("text",), "an annotation needs text, the part of the message that it is about"
        return
    text = static(text)
    if message is None or text is None:
        return
    if text not in message:
        yield ("text",), f"the message does not contain {brief(text)}"
        return
    start, end = (annotation.get(name) for name in _OFFSETS)
    if isinstance(start, int) and isinstance(end, int) and message[start:end] != text:
        at = message.index(text)
        there = f"{brief(text)} is found at {at} to {at + len(text)}"
        yield ("start_index",), f"the message has {brief(message[start:end])} at {start} to {end}; {there}"
