"""Messages of the assistant as steps: what was said, with its cuts, images and annotations."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.domain.keys import MASK
from emulator.engine.chunks import spans
from emulator.recording.annotation_places import relocated
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.texts import Texts
from emulator.recording.evidence.known import Doc, KnownMessage, Pieces, texts_of

NOT_RECORDED: Final = "[emulator] what was said here is not in the recording"


def text_of(message: KnownMessage) -> str | None:
    """Return all that a message says; None where nothing of it is known."""
    texts = texts_of(message.parts)
    if not any(texts) and message.pieces:
        texts = [pieces.text for _, pieces in sorted(message.pieces.items())]
    return "".join(texts) if texts or _images(message) or message.is_empty else None


def is_known(message: KnownMessage | None) -> bool:
    """Return whether anything of a message's content is known."""
    return message is not None and (text_of(message) is not None or _refusal(message) is not None)


def message_step(message: KnownMessage, texts: Texts, files: Files, drawn: Mapping[str, str]) -> dict[str, Any]:
    """Return the step that writes a message. drawn: images that code has drawn in this run -> templates of them."""
    refusal = _refusal(message)
    if refusal is not None:
        return {"refuse": texts.template(refusal), **texts.stream(_together(message.refusal), refusal)}
    text = text_of(message)
    if text is None:
        return {"say": NOT_RECORDED}
    step: dict[str, Any] = {"say": texts.template(text)}
    if images := _images(message):
        step["images"] = [drawn.get(image) or files.image(image) for image in images]
    annotations = _annotations(message)
    if annotations:
        shown = texts.plain(text)
        moved = relocated(annotations, text, texts.plain) if MASK in shown else annotations
        kept = [one for one in moved if shown == text or one.get("text", "") in shown]
        if kept:
            step["annotations"] = [_annotation(one, texts, files) for one in kept]
    return {**step, **texts.stream(_together(message.pieces), text, spans(annotations))}


def _refusal(message: KnownMessage) -> str | None:
    shown = [part["refusal"] for part in message.parts if "refusal" in part]
    streamed = [pieces.text for _, pieces in sorted(message.refusal.items())]
    return "".join(shown or streamed) if shown or streamed else None


def _images(message: KnownMessage) -> list[str]:
    """Return the ids of the images that a message shows."""
    shown = [part["image_file"]["file_id"] for part in message.parts if "file_id" in part.get("image_file", {})]
    return shown or [image for _, image in sorted(message.images.items())]


def _annotations(message: KnownMessage) -> list[Doc]:
    """Return the annotations of all texts, with their places in the joined text."""
    found: list[Doc] = []
    before = 0
    for part in message.parts:
        text = part.get("text")
        if part.get("type") == "text" and isinstance(text, Mapping):
            found += [_moved(one, before) for one in text.get("annotations", ())]
            before += len(text.get("value", ""))
    found = found or ([] if any(texts_of(message.parts)) else list(message.annotations))
    return [one for one in found if "type" in one]


def _moved(annotation: Doc, by: int) -> Doc:
    places = {
        name: annotation[name] + by for name in ("start_index", "end_index") if isinstance(annotation.get(name), int)
    }
    return {**annotation, **places}


def _annotation(annotation: Doc, texts: Texts, files: Files) -> dict[str, Any]:
    """Return an annotation for a scenario, with its file by name."""
    shown: dict[str, Any] = texts.template_value({name: value for name, value in annotation.items() if name != "index"})
    for kind in ("file_citation", "file_path"):
        of = annotation.get(kind, {})
        if "file_id" in of:
            quote = {"quote": texts.template(of["quote"])} if of.get("quote") else {}
            shown[kind] = {"file_id": files.reference(of["file_id"]), **quote}
    return shown


def _together(parts: Mapping[int, Pieces]) -> Pieces:
    """Return the pieces of all parts as those of one text."""
    if len(parts) == 1:
        return next(iter(parts.values()))
    joined = Pieces()
    for _, pieces in sorted(parts.items()):
        joined.since = pieces.since if joined.since is None else joined.since
        joined.texts += pieces.texts
        joined.times += pieces.times
    return joined
