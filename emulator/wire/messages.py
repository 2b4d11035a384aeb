"""Messages: their request bodies, their document as it is stored, and their deltas in streams."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from emulator.domain.caller import Caller
from emulator.tools.body import Body, Metadata
from emulator.tools.unions import by_field, chosen, tag
from emulator.wire.data_sources import DataSourceOfFile, has_source, without_null
from emulator.wire.history.behaviors import LONG_TEXTS, ROLE_OF_ASSISTANT
from emulator.wire.inline_images import is_inline_image
from emulator.wire.limits import MOST_ITEMS, FileId, on_foundry, only_until, until

CONTENT_LIMIT = 256_000  # reported
ATTACHMENT_LIMIT = 10  # reported (mid-2024)


def _check_url(url: str, info: ValidationInfo) -> str:
    """Refuse all but web URLs: data URLs were refused as well (reported), but not those of images by Foundry."""
    if on_foundry(info.context) and is_inline_image(url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise PydanticCustomError("no_url", "no address")
    return url


class TextPart(Body):
    """A text."""

    type: Literal["text"]
    text: Annotated[str, Field(max_length=CONTENT_LIMIT)]

    def to_wire(self) -> dict[str, Any]:
        """Return the part as the API shows it (recorded)."""
        return text_part(self.text)


class ImageFile(Body):
    """An uploaded image."""

    file_id: FileId
    detail: Literal["auto", "low", "high"] | None = None


class ImageFilePart(Body):
    """An uploaded image as a part of a message."""

    type: Literal["image_file"]
    image_file: ImageFile

    def to_wire(self) -> dict[str, Any]:
        """Return the part as the API shows it; detail defaults to auto (recorded)."""
        image = {"file_id": self.image_file.file_id, "detail": self.image_file.detail or "auto"}
        return {"type": "image_file", "image_file": image}


class ImageUrl(Body):
    """An image on the web."""

    url: Annotated[str, AfterValidator(_check_url)]
    detail: Literal["auto", "low", "high"] | None = None


class ImageUrlPart(Body):
    """An image on the web as a part of a message."""

    type: Literal["image_url"]
    image_url: ImageUrl

    def to_wire(self) -> dict[str, Any]:
        """Return the part as the API shows it; detail defaults to auto (recorded)."""
        return {
            "type": "image_url",
            "image_url": {"url": self.image_url.url, "detail": self.image_url.detail or "auto"},
        }


class AnyPart(Body):
    """A part of an unknown type; it exists so that it is refused in the API's words."""

    model_config = ConfigDict(extra="allow")
    type: Literal["text", "image_url", "image_file"]

    def to_wire(self) -> dict[str, Any]:
        """Never called: a part of a known type is another member of the union."""
        raise TypeError(self.type)


Part = Annotated[
    Annotated[TextPart, tag("text")]
    | Annotated[ImageFilePart, tag("image_file")]
    | Annotated[ImageUrlPart, tag("image_url")]
    | Annotated[SkipJsonSchema[AnyPart], tag("any")],
    by_field("type", "text", "image_file", "image_url"),
]


def _check_content(value: Any) -> Any:
    if not isinstance(value, str | list):
        raise PydanticCustomError("wrong_kind", "wrong kind", {"expected": "one of a string or array of objects"})
    if value == "":
        raise PydanticCustomError("empty_content", "empty")
    return value


Content = Annotated[
    Annotated[Annotated[str, Field(max_length=CONTENT_LIMIT), until(LONG_TEXTS, 32_768)], tag("string")]
    | Annotated[Annotated[list[Part], Field(min_length=1, max_length=MOST_ITEMS)], tag("parts")],
    chosen(lambda value: "string" if isinstance(value, str) else "parts"),
    BeforeValidator(
        _check_content,
        json_schema_input_type=Annotated[str, Field(min_length=1, max_length=CONTENT_LIMIT)]
        | Annotated[list[Part], Field(min_length=1, max_length=MOST_ITEMS)],
    ),
]


class AttachmentTool(Body):
    """A tool that may read an attachment: only its type (reported; options are refused)."""

    type: Literal["code_interpreter", "file_search"]


class Attachment(Body):
    """A file for the tools, sent with a message."""

    file_id: FileId
    tools: list[AttachmentTool]

    def to_wire(self) -> dict[str, Any]:
        """Return the attachment as it was sent (recorded)."""
        return {"file_id": self.file_id, "tools": [{"type": tool.type} for tool in self.tools]}


class SourceAttachment(Attachment):
    """A data source for the tools, sent with a message. file_id: empty until its file is found."""

    file_id: FileId = ""
    data_source: DataSourceOfFile

    def to_wire(self) -> dict[str, Any]:
        """Return the attachment as a document holds it."""
        tools = [{"type": tool.type} for tool in self.tools]
        return {"data_source": self.data_source.to_document(self.file_id), "tools": tools}


def _read_attachment(value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Attachment:
    value = without_null(value, info.context)
    if has_source(value, info.context):
        return SourceAttachment.read(value, info.context)
    attachment: Attachment = read(value)
    return attachment


class CreateMessage(Body):
    """A new message."""

    role: Annotated[Literal["user", "assistant"], only_until(ROLE_OF_ASSISTANT, "user")]
    content: Content
    attachments: (
        Annotated[list[Annotated[Attachment, WrapValidator(_read_attachment)]], Field(max_length=ATTACHMENT_LIMIT)]
        | None
    ) = None
    metadata: Metadata | None = None

    def parts(self) -> list[dict[str, Any]]:
        """Return the content as the API shows it."""
        return [text_part(self.content)] if isinstance(self.content, str) else [part.to_wire() for part in self.content]


class ModifyMessage(Body):
    """A change of a message."""

    metadata: Metadata | None = None


def text_part(value: str, annotations: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return a text as a part of a message."""
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def message(
    id: str,  # noqa: A002
    *,
    thread_id: str,
    now: int,
    role: str,
    content: Sequence[Mapping[str, Any]] = (),
    attachments: Sequence[Mapping[str, Any]] = (),
    metadata: Mapping[str, str] | None = None,
    run: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the document of a new message: in progress if a run writes it, else completed."""
    return {
        "id": id,
        "object": "thread.message",
        "created_at": now,
        "assistant_id": run["assistant_id"] if run else None,
        "thread_id": thread_id,
        "run_id": run["id"] if run else None,
        "status": "in_progress" if run else "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": None if run else now,
        "role": role,
        "content": list(content),
        "attachments": list(attachments),
        "metadata": dict(metadata or {}),
    }


def written_files(annotations: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the files of a message that code wrote and its text names, as the message attaches them.

    Reported of five messages from Jan 2024 to Mar 2025, one of them Foundry's. In the order of their annotations: v1
    listed the two files of the only message with several the other way round.
    """
    paths = [annotation.get("file_path") for annotation in annotations if annotation.get("type") == "file_path"]
    named = [path.get("file_id") for path in paths if isinstance(path, Mapping)]
    file_ids = [file_id for file_id in named if isinstance(file_id, str)]  # a script may say anything
    return [{"file_id": file_id, "tools": [{"type": "code_interpreter"}]} for file_id in dict.fromkeys(file_ids)]


# --- citations ------------------------------------------------------------------------------------------------------

# How v1 marked what it cited (recorded: ``【7†source】``, azure-sdk-assets, Jan 2024), as a format string. What the
# number counts is not known; here it is the sum of v2's two, so that the markers of a message differ. unverified
_CITATION_OF_V1: Final = "【{number}†source】"
# Recorded: azure-sdk-assets, azure-ai-agents, Aug 2025, when others were cited by the names of files.
_CITATION_OF_FOUNDRY: Final = "【{message}:{result}†source】"


def citation_of(caller: Caller) -> str | None:
    """Return how citations are marked for some clients, whatever the day."""
    if caller.is_foundry:
        return _CITATION_OF_FOUNDRY
    return _CITATION_OF_V1 if caller.v1 else None


def annotation(streamed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a delta's annotation as a message stores it: without the index."""
    return {name: value for name, value in streamed.items() if name != "index"}


# --- deltas ---------------------------------------------------------------------------------------------------------


def delta(id: str, *content: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return a delta of a message."""
    return {"id": id, "object": "thread.message.delta", "delta": {"content": list(content)}}


def text_delta(index: int, value: str, annotations: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Return the next piece of a text; the first one has annotations, later ones only with a citation (recorded)."""
    text: dict[str, Any] = {"value": value}
    if annotations is not None:
        text["annotations"] = list(annotations)
    return {"index": index, "type": "text", "text": text}


def annotation_delta(index: int, annotation: Mapping[str, Any]) -> dict[str, Any]:
    """Return an annotation as a delta shows it: with an index, and an empty quote in a citation (recorded)."""
    delta = {"index": index, **annotation}
    if "file_citation" in delta:
        delta["file_citation"] = {**delta["file_citation"], "quote": ""}
    return delta
