"""What messages of the model say, alike for both APIs: texts without markers, and the names of the files they cite."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain.parity.records import Did
from emulator.service.parity.file_names import FileNames
from emulator.transcripts.responses.citations import without_markers

Doc = Mapping[str, Any]
_CITES: Final = ("file_citation", "container_file_citation")


def message_of_run(message: Doc, names: FileNames) -> Did | None:
    """Return what a message of Assistants says; None for one without content."""
    content = message["content"]
    images = sum(part["type"] in ("image_file", "image_url") for part in content)
    texts, cited = [], []
    for part in content:
        if part["type"] == "text":
            text, annotations = without_markers(part["text"]["value"], part["text"]["annotations"], names=names.known)
            texts.append(text)
            cited += _cited(annotations, names)
    return _did(content, texts, cited, images)


def message_of_response(item: Doc, names: FileNames) -> Did | None:
    """Return what a message of a response says; None for one without content."""
    content = item["content"]
    texts, cited, images = [], [], 0
    for part in content:
        if part["type"] == "output_text":
            texts.append(part["text"])
            shown = [one for one in part["annotations"] if _is_image(one)]
            images += len(shown)
            cited += _cited([one for one in part["annotations"] if one not in shown], names)
    return _did(content, texts, cited, images)


def _did(content: Sequence[Doc], texts: Sequence[str], cited: Sequence[str], images: int) -> Did | None:
    refusals = [part["refusal"] for part in content if part["type"] == "refusal"]
    if refusals:
        return Did("refusal", "\n".join(refusals))
    return Did("text", "\n".join(texts), cited=tuple(cited), images=images) if content else None


def _is_image(annotation: Doc) -> bool:
    """Return whether an annotation shows an image: of a file in a container that the text does not name."""
    is_of_container = annotation["type"] == "container_file_citation"
    return bool(is_of_container and annotation["start_index"] == annotation["end_index"])


def _cited(annotations: Sequence[Doc], names: FileNames) -> list[str]:
    """Return the names of the files that annotations cite. annotations: in the shape of Responses."""
    return [
        str(one.get("filename") or names.of(str(one.get("file_id")))) for one in annotations if one["type"] in _CITES
    ]


def cited_by(message: Doc) -> list[str]:
    """Return the ids of the files that a message of Assistants cites."""
    texts = [part["text"] for part in message["content"] if part["type"] == "text"]
    cited = [one.get("file_citation") for text in texts for one in text["annotations"]]
    return [str(one["file_id"]) for one in cited if one and one.get("file_id")]
