"""Multipart bodies, read part by part in bounded memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from emulator.recording.recorder.errors import UnreadableFormError
from emulator.recording.recorder.exchanges import pieces_of, spooled

_MOST_HEAD: Final = 64 * 1024


@dataclass(slots=True)
class FormPart:
    """A part of a form. filename: None for a plain field."""

    name: str = ""
    filename: str | None = None
    content_type: str = ""
    size: int = 0
    file: IO[bytes] = field(default_factory=spooled)

    def pieces(self) -> Iterator[bytes]:
        """Yield its bytes."""
        return pieces_of(self.file)


class FormReader:
    """Reads a form; all that it says of its parts are names, types and contents. Raises `UnreadableFormError`."""

    def __init__(self, content_type: str) -> None:
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if not boundary:
            raise UnreadableFormError("no boundary")
        self._parts: list[FormPart] = []
        self._head: list[tuple[bytearray, bytearray]] = []
        self._is_whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_begin": lambda: self._head.append((bytearray(), bytearray())),
                "on_header_field": lambda data, start, end: self._grow(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._grow(1, data[start:end]),
                "on_headers_finished": self._name,
                "on_part_data": self._add,
                "on_end": self._end,
            },
        )

    def read(self, pieces: Iterable[bytes]) -> list[FormPart]:
        """Return the parts of a body."""
        try:
            for piece in pieces:
                self._parser.write(piece)
        except (FormParserError, UnicodeDecodeError) as error:
            raise UnreadableFormError(str(error)) from error
        if not self._is_whole:
            raise UnreadableFormError("it is not whole")
        return self._parts

    def close(self) -> None:
        """Forget the contents."""
        for part in self._parts:
            part.file.close()

    def _begin(self) -> None:
        self._parts.append(FormPart())
        self._head = []

    def _grow(self, place: int, data: bytes) -> None:
        grown = self._head[-1][place]
        grown += data
        if len(grown) > _MOST_HEAD:
            raise UnreadableFormError("a header is too long")

    def _name(self) -> None:
        part = self._parts[-1]
        for name, value in self._head:
            match bytes(name).lower():
                case b"content-disposition":
                    _, options = parse_options_header(bytes(value))
                    part.name = options.get(b"name", b"").decode()
                    filename = options.get(b"filename")
                    part.filename = None if filename is None else filename.decode()
                case b"content-type":
                    part.content_type = value.decode("latin-1")
                case _:
                    pass

    def _add(self, data: bytes, start: int, end: int) -> None:
        part = self._parts[-1]
        part.file.write(data[start:end])
        part.size += end - start

    def _end(self) -> None:
        self._is_whole = True
