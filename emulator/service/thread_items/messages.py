"""Messages of a thread as items: texts without the markers of citations, images, attachments as files."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.service.thread_items.losses import Losses
from emulator.transcripts.responses.citations import without_markers
from emulator.wire.data_sources import file_of

Doc = dict[str, Any]
_KEPT: Final = ("id", "object", "thread_id", "role", "content", "attachments", "status")
_NOT_OF_ASSISTANTS: Final = "a message of the assistant holds texts alone"
_ANNOTATIONS: Final = ("file_citation", "file_path", "url_citation")


def item_of(message: Mapping[str, Any], names: Mapping[str, str], losses: Losses) -> Doc | None:
    """Return a message as an item that can be sent; None if nothing of it has a place. names: of files, by their ids.

    The id is lost: items get ids of their own.
    """
    losses.add_fields(message, *_KEPT)
    of_assistant = message["role"] == "assistant"
    parts = _written(message, names, losses) if of_assistant else _given(message, losses)
    content = [part for part in parts if part is not None]
    if not content:
        losses.add("messages", "nothing is left of them", message["id"])
        return None
    item = {"type": "message", "role": message["role"], "content": content}
    return {**item, "status": "incomplete"} if message.get("status") == "incomplete" else item


# --- of users -------------------------------------------------------------------------------------------------------


def _given(message: Mapping[str, Any], losses: Losses) -> Iterator[Doc | None]:
    for part in message["content"]:
        yield _input(part, message, losses)
    for attachment in message["attachments"]:
        yield _attached(attachment, message, losses)


def _input(part: Mapping[str, Any], message: Mapping[str, Any], losses: Losses) -> Doc | None:
    """Return a part of what a user sent."""
    match part["type"]:
        case "text":
            if part["text"]["annotations"]:
                losses.add("annotations of messages of users", "what a user sends has none", message["id"])
            return {"type": "input_text", "text": part["text"]["value"]}
        case "image_url":
            return {"type": "input_image", "image_url": part["image_url"]["url"], **_detail(part["image_url"])}
        case "image_file":
            return {"type": "input_image", "file_id": part["image_file"]["file_id"], **_detail(part["image_file"])}
    losses.add(f"{part['type']} in messages of users", "what a user sends has no such part", message["id"])
    return None


def _detail(image: Mapping[str, Any]) -> Doc:
    return {"detail": image["detail"]} if image.get("detail") else {}


def _attached(attachment: Mapping[str, Any], message: Mapping[str, Any], losses: Losses) -> Doc | None:
    file_id = file_of(attachment)
    for tool in attachment.get("tools") or ():
        why = "the model itself reads an input_file; a tool reads what the request names for it"
        losses.add(f"that attachments are for {tool['type']}", why, message["id"])
    if not file_id:
        losses.add("data sources", "an item names files alone", message["id"])
        return None
    return {"type": "input_file", "file_id": file_id}


# --- of assistants --------------------------------------------------------------------------------------------------


def _written(message: Mapping[str, Any], names: Mapping[str, str], losses: Losses) -> Iterator[Doc | None]:
    for part in message["content"]:
        yield _output(part, message, names, losses)
    if message["attachments"]:
        losses.add("attachments of messages of the assistant", _NOT_OF_ASSISTANTS, message["id"])


def _output(
    part: Mapping[str, Any], message: Mapping[str, Any], names: Mapping[str, str], losses: Losses
) -> Doc | None:
    """Return a part of what an assistant wrote."""
    if part["type"] == "text":
        return _text(part["text"], message, names, losses)
    if part["type"] == "refusal":
        return {"type": "refusal", "refusal": part["refusal"]}
    losses.add(f"{part['type']} in messages of the assistant", _NOT_OF_ASSISTANTS, message["id"])
    return None


def _text(text: Mapping[str, Any], message: Mapping[str, Any], names: Mapping[str, str], losses: Losses) -> Doc:
    """Return a text without the markers of its citations, and these with the places where the markers stood."""
    annotations = []
    for one in text["annotations"]:
        if any(isinstance(one.get(kind), Mapping) for kind in _ANNOTATIONS):
            annotations.append(one)
        else:
            losses.add(f"annotations of the type {one.get('type')}", "a text has no such annotation", message["id"])
        if isinstance(cited := one.get("file_citation"), Mapping) and cited.get("quote"):
            losses.add("quotes of citations", "a citation names the file alone", message["id"])
    shown, found = without_markers(text["value"], annotations, names=names)
    return {"type": "output_text", "text": shown, "annotations": [_as_file_path(one) for one in found]}


def _as_file_path(annotation: Doc) -> Doc:
    """Return the path of a file that code wrote as that of a file outside of containers (documented)."""
    if annotation["type"] != "container_file_citation":
        return annotation
    return {"type": "file_path", "file_id": annotation["file_id"], "index": annotation["start_index"]}
