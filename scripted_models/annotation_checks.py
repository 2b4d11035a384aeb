"""What is wrong or odd about the annotations of a message, which a script writes in the API's own shape."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.nearest import nearest
from scripted_models.problems import Finding, brief, misnamed
from scripted_models.rules import Rule
from scripted_models.templating import is_template, static

# The types of the API, the last of them Foundry's alone, and what the object of each names.
_NAMES: Final = {"file_citation": "file_id", "file_path": "file_id", "url_citation": "url"}
_OFFSETS: Final = ("start_index", "end_index")


def mistakes(annotations: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield what no client could be shown, each with its path within the message."""
    for number, annotation in enumerate(annotations):
        for name in _OFFSETS:
            offset = annotation.get(name, 0)
            if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
                message = f"expected a whole number of characters, got {brief(offset)}"
                yield _found(name, message).below("annotations", number)
        if not isinstance(annotation.get("file_citation", {}), Mapping):
            message = f"expected a mapping, got {brief(annotation['file_citation'])}"
            yield _found("file_citation", message).below("annotations", number)


def oddities(annotations: Sequence[Mapping[str, Any]], text: str | None) -> Iterator[Finding]:
    """Yield what is probably not meant, each with its path within the message. text: None where the run makes it."""
    for number, annotation in enumerate(annotations):
        for found in (*_shape(annotation), *_place(annotation, text)):
            yield found.below("annotations", number)


def _found(field: str, message: str) -> Finding:
    return Finding((field,), Rule.ANNOTATION, message)


def _shape(annotation: Mapping[str, Any]) -> Iterator[Finding]:
    kind = annotation.get("type")
    if not isinstance(kind, str):
        yield _found("type", f"an annotation needs a type, one of {', '.join(_NAMES)}")
        return
    if is_template(kind):
        return
    if kind not in _NAMES:
        message = f"no annotation of the type {brief(kind)} is known"
        yield misnamed(("type",), Rule.ANNOTATION, message, kind, _NAMES)
        return
    known = ("type", "text", *_OFFSETS, kind)
    for name in annotation:
        if name not in known and nearest(name, known):
            message = f"no field {brief(name)} of an annotation is known"
            yield misnamed((name,), Rule.ANNOTATION, message, name, known)
    of, name = annotation.get(kind), _NAMES[kind]
    if not isinstance(of, Mapping) or not isinstance(of.get(name), str):
        inner = (kind, name) if isinstance(of, Mapping) else (kind,)
        message = f"an annotation of the type {kind} needs {kind}, a mapping with the text {name}"
        yield Finding(inner, Rule.ANNOTATION, message)


def _place(annotation: Mapping[str, Any], message: str | None) -> Iterator[Finding]:
    """Compare an annotation with its message; None: one that only the run makes."""
    text = annotation.get("text")
    if not isinstance(text, str):
        yield _found("text", "an annotation needs text, the part of the message that it is about")
        return
    text = static(text)
    if message is None or text is None:
        return
    if text not in message:
        yield _found("text", f"the message does not contain {brief(text)}")
        return
    start, end = (annotation.get(name) for name in _OFFSETS)
    if isinstance(start, int) and isinstance(end, int) and message[start:end] != text:
        at = message.index(text)
        there = f"{brief(text)} is found at {at} to {at + len(text)}"
        yield _found("start_index", f"the message has {brief(message[start:end])} at {start} to {end}; {there}")
