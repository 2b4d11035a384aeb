"""Messages as people read them: their texts drawn, what they cite, and the files that come with them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from markupsafe import Markup

from emulator.control.inspector.citations import Known, Source, cited
from emulator.control.inspector.markdown import is_link, markdown
from emulator.control.inspector.visible import on_one_line, visible
from emulator.domain import inspector_paths as to
from emulator.domain.redaction import shown_value

Doc = Mapping[str, Any]
# Characters of one text; of one that is wanted whole; and of a page, behind which texts are cut short.
MOST_OF_TEXT: Final = 10_000
MOST_WHOLE: Final = 1_100_000
_MOST_OF_PAGE: Final = 150_000
_MOST_CUT: Final = 1_000
_MOST_ATTACHED: Final = 100


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: drawn, or as it was sent (`raw`), or an image, or a link.

    kind: text, raw, image, link, refusal or other. left_out: how many characters are not shown.
    """

    kind: str
    html: Markup | None = None
    text: str = ""
    href: str | None = None
    src: str | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. tools: those that may use it."""

    name: str
    href: str | None
    tools: str


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message. who: the user, or the name of the assistant. reason: why it is incomplete."""

    id: str
    role: str
    who: str
    at: float | None
    status: str
    reason: str
    run_id: str | None
    parts: Sequence[Part]
    sources: Sequence[Source]
    attachments: Sequence[Attachment]
    metadata: Mapping[str, Any]

    @property
    def is_message(self) -> bool:
        """Whether this entry is a message."""
        return True

    @property
    def is_cut(self) -> bool:
        """Whether something of it is not shown."""
        return any(part.left_out for part in self.parts)


@dataclass(slots=True)
class Drawing:
    """How the messages of one page are drawn. raw: as they were sent. whole: the message of which nothing is cut."""

    known: Known
    raw: bool = False
    whole: str | None = None
    assistants: Mapping[str, str] = field(default_factory=dict)
    _drawn: int = 0

    def message(self, doc: Doc) -> ShownMessage:
        """Return a message of a thread."""
        sources: list[Source] = []
        parts = [part for one in doc["content"] for part in self._part(one, doc["id"], sources)]
        details = doc.get("incomplete_details") or {}
        return ShownMessage(
            id=doc["id"],
            role=doc["role"],
            who=self._who(doc),
            at=doc["created_at"],
            status=doc.get("status") or "completed",
            reason=on_one_line(str(details.get("reason") or "")),
            run_id=doc.get("run_id"),
            parts=parts,
            sources=sources,
            attachments=[*self._attachments(doc.get("attachments") or ())],
            metadata=shown_value(dict(doc.get("metadata") or {})),
        )

    def item(self, item: Doc) -> ShownMessage:
        """Return a message among the items of responses."""
        sources: list[Source] = []
        content = item["content"] if isinstance(item["content"], list) else [{"type": "text", "text": item["content"]}]
        parts = [part for one in content for part in self._part(one, item["id"], sources)]
        role = str(item["role"])
        who = "Assistant" if role == "assistant" else role.capitalize()
        status = str(item.get("status") or "completed")
        return ShownMessage(item["id"], role, who, None, status, "", None, parts, sources, (), {})

    def other(self, item: Doc) -> ShownMessage:
        """Return an item that is no message, and that no response of the page wrote: as it is."""
        text = json.dumps(shown_value(dict(item)), indent=2, ensure_ascii=False, default=str)
        left_out = max(0, len(text) - MOST_OF_TEXT)
        part = Part("raw", text=visible(text[:MOST_OF_TEXT]), left_out=left_out)
        return ShownMessage(
            item["id"], "item", on_one_line(item["type"]), None, "completed", "", None, [part], (), (), {}
        )

    def _who(self, doc: Doc) -> str:
        if doc["role"] != "assistant":
            return str(doc["role"]).capitalize()
        name = self.assistants.get(doc.get("assistant_id") or "")
        return on_one_line(name) if name else "Assistant"

    def _attachments(self, attached: Sequence[Doc]) -> Iterator[Attachment]:
        for one in attached[:_MOST_ATTACHED]:
            file_id = str(one.get("file_id") or "")
            name = on_one_line(self.known.files.get(file_id) or file_id or "a data source")
            tools = ", ".join(str(tool.get("type")) for tool in one.get("tools") or ())
            yield Attachment(name, self._file(file_id), tools)

    def _file(self, file_id: str) -> str | None:
        return to.file(self.known.ns, file_id) if file_id in self.known.files else None

    # --- parts ------------------------------------------------------------------------------------------------------

    def _part(self, part: Doc, owner: str, sources: list[Source]) -> Iterator[Part]:
        match part:
            case {"type": "text", "text": Mapping() as text}:
                yield from self._text(str(text.get("value") or ""), text.get("annotations") or (), owner, sources)
            case {"text": str(text)}:
                yield from self._text(text, part.get("annotations") or (), owner, sources)
            case {"type": "image_file", "image_file": {"file_id": str(file_id)}} | {"file_id": str(file_id)}:
                yield self._of_file(part, file_id)
            case (
                {"type": "image_url", "image_url": {"url": str(url)}} | {"image_url": str(url)} | {"file_url": str(url)}
            ):
                yield Part("link", text=on_one_line(url), href=url if is_link(url) else None)
            case {"refusal": str(refusal)}:
                yield Part("refusal", text=visible(refusal[:MOST_OF_TEXT]))
            case {"filename": str(name)}:
                yield Part("link", text=on_one_line(name))
            case _:
                yield Part("other", text=on_one_line(str(part.get("type"))))

    def _of_file(self, part: Doc, file_id: str) -> Part:
        name = on_one_line(self.known.files.get(file_id) or file_id)
        href = self._file(file_id)
        if href is None or "image" not in str(part.get("type")):
            return Part("link", text=name, href=href)
        return Part("image", text=name, href=href, src=to.file_image(self.known.ns, file_id))

    def _text(self, text: str, annotations: Sequence[Doc], owner: str, sources: list[Source]) -> Iterator[Part]:
        most = self._most(owner)
        found = cited(text, annotations, self.known, most=most, first=len(sources) + 1)
        sources += found.sources
        left_out = max(0, len(text) - most)
        self._drawn += min(len(text), most)
        if self.raw:
            yield Part("raw", text=visible(text[:most]), left_out=left_out)
        else:
            yield Part("text", markdown(found.text, found.notes, found.paths), left_out=left_out)

    def _most(self, owner: str) -> int:
        if owner == self.whole:
            return MOST_WHOLE
        return MOST_OF_TEXT if self._drawn < _MOST_OF_PAGE else _MOST_CUT
