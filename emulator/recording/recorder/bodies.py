"""Bodies as they are written: decoded, without secrets, and in the form that people can read best."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, Final

from emulator.recording.recorder.attachments import Attachment, attachment_of, require_none
from emulator.recording.recorder.codings import codings_of, decoded
from emulator.recording.recorder.errors import LeftOutError, UnknownCodingError, UnreadableFormError
from emulator.recording.recorder.event_streams import without_secrets_in_stream
from emulator.recording.recorder.exchanges import Passage, pieces_of, spooled
from emulator.recording.recorder.kept_headers import media_type, named
from emulator.recording.recorder.layouts import layout_of
from emulator.recording.recorder.multipart import FormPart, FormReader
from emulator.recording.recorder.urls import without_secrets_in_query
from emulator.recording.secrets import Secrets

Headers = Sequence[tuple[bytes, bytes]]
Chunks = Sequence[tuple[float, int]]

EVENT_STREAM: Final = "text/event-stream"
# Bodies up to this are read as what they are; larger ones lie beside the recording as they came.
MOST_READ: Final = 64 * 1024 * 1024
# What is no JSON and no stream lies beside the recording, above these.
_MOST_TEXT: Final = 1024 * 1024
_MOST_BINARY: Final = 4 * 1024


@dataclass(frozen=True, slots=True)
class _Content:
    """A decoded body. chunks: how it came, in its own bytes."""

    pieces: Callable[[], Iterator[bytes]]
    size: int
    chunks: Chunks


class Bodies:
    """Makes bodies what is written of them. attachments: what is to lie beside them, once all bodies are made.

    folder: the name of the folder for it. Raises `LeftOutError` where a secret remains, or cannot be looked for.
    """

    def __init__(self, secrets: Secrets, folder: str) -> None:
        self.attachments: list[Attachment] = []
        self._secrets = secrets
        self._folder = folder
        self._open = ExitStack()

    def close(self) -> None:
        """Forget all contents."""
        self._open.close()

    def written(self, passage: Passage, headers: Headers, where: str) -> tuple[dict[str, Any] | None, Chunks]:
        """Return a body, None if it is empty, and how it came. where: in words, whose body it is."""
        if not passage.is_whole:
            raise LeftOutError(f"there was no room on the disk for {where}")
        content = self._decoded(passage, headers, where)
        if not content.size:
            return None, ()
        body, chunks = self._body(content, headers, where)
        if self._secrets.has_secret_in(body):
            raise LeftOutError(f"a key remains in {where}")
        return body, chunks

    def _decoded(self, passage: Passage, headers: Headers, where: str) -> _Content:
        codings = codings_of(named(headers, b"content-encoding"))
        if not codings or not passage.size:
            return _Content(passage.pieces, passage.size, passage.chunks)
        file: IO[bytes] = self._open.enter_context(spooled())
        chunks, size = [], 0
        try:
            pieces = decoded(passage.pieces_as_they_came(), codings)
            for (moment, _), piece in zip(passage.chunks, pieces, strict=True):
                file.write(piece)
                size += len(piece)
                if piece:
                    chunks.append((moment, len(piece)))
        except UnknownCodingError as error:
            raise LeftOutError(f"{where} cannot be searched for keys: {error}") from None

        return _Content(partial(pieces_of, file), size, chunks)

    def _body(self, content: _Content, headers: Headers, where: str) -> tuple[dict[str, Any], Chunks]:
        kind = media_type(headers)
        if kind == "multipart/form-data" and (parts := self._form(content, named(headers, b"content-type"), where)):
            return {"multipart": parts}, ()
        if content.size > MOST_READ:
            return self._beside(content.pieces, content.size, where), content.chunks
        data = b"".join(content.pieces())
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return self._binary(data, content, where), content.chunks
        if kind == EVENT_STREAM:
            masked, chunks = without_secrets_in_stream(text, content.chunks, self._secrets)
            return {"text": masked}, chunks
        is_json = "json" in kind or text.lstrip()[:1] in ("{", "[")
        body = self._json(text) if is_json else None
        return body or self._text(text, kind, content, where), ()

    def _text(self, text: str, kind: str, content: _Content, where: str) -> dict[str, Any]:
        if kind == "application/x-www-form-urlencoded":
            return {"text": without_secrets_in_query(text, self._secrets)}
        if content.size > _MOST_TEXT:
            return self._beside(content.pieces, content.size, where)
        return {"text": self._secrets.without_secrets(text)}

    def _json(self, text: str) -> dict[str, Any] | None:
        try:
            value = json.loads(text, parse_constant=_refuse)
            masked = self._secrets.without_secrets_in(value)
            layout = layout_of(value, text)
        except (ValueError, RecursionError):
            return None
        if layout is not None:
            laid = {"layout": layout.name, "ascii": layout.ascii, "newline": layout.newline}
            return {"json": masked, **laid}
        if masked != value:  # its own layout is lost, and so is nothing else
            return {"json": masked, "layout": "compact", "ascii": False, "newline": False}
        return None

    def _binary(self, data: bytes, content: _Content, where: str) -> dict[str, Any]:
        if len(data) > _MOST_BINARY:
            return self._beside(content.pieces, content.size, where)
        require_none(content.pieces, self._secrets, where)
        return {"base64": base64.b64encode(data).decode()}

    def _beside(self, pieces: Callable[[], Iterator[bytes]], size: int, where: str) -> dict[str, Any]:
        """Return where a content will lie beside the recording."""
        one = self._open.enter_context(attachment_of(pieces, size, self._secrets, where))
        self.attachments.append(one)
        return {"file": f"{self._folder}/{one.sha256}", "sha256": one.sha256, "bytes": one.size}

    def _form(self, content: _Content, content_type: str, where: str) -> list[dict[str, Any]] | None:
        """Return the parts of a form; None if it is none."""
        try:
            reader = FormReader(content_type)
        except UnreadableFormError:
            return None
        self._open.callback(reader.close)
        try:
            return [self._part(part, where) for part in reader.read(content.pieces())]
        except UnreadableFormError:
            return None

    def _part(self, part: FormPart, where: str) -> dict[str, Any]:
        name = self._secrets.without_secrets(part.name)
        data = b"".join(part.pieces()) if part.filename is None and part.size <= MOST_READ else None
        if data is not None:
            try:
                return {
                    "name": name,
                    "value": self._secrets.without_secrets_in({part.name: data.decode()}).popitem()[1],
                }
            except UnicodeDecodeError:
                pass  # bytes, though they have no name
        file = self._beside(part.pieces, part.size, f"the file {name!r} of {where}")
        filename = self._secrets.without_secrets(part.filename or "")
        return {
            "name": name,
            "filename": filename,
            "content_type": self._secrets.without_secrets(part.content_type),
            **file,
        }


def _refuse(constant: str) -> None:
    """Take no NaN and nothing infinite: these are texts of others, and no JSON."""
    raise ValueError(constant)
