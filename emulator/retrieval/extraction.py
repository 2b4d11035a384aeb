"""Extracts the text of an uploaded file, for every type that file search accepts.

All limits count bytes, characters, tokens or steps of work, never seconds: the same file always has the same result.
`readers` limits time and memory as well, for what passes these.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import PurePosixPath
from typing import Final

from emulator.retrieval.encodings import decode
from emulator.retrieval.refusals import FileTooLarge, InvalidFile, MissingReader, UnreadableFileError, UnsupportedFile
from emulator.retrieval.tokens import count_tokens

# Documented limits: 512 MB for a file, 5,000,000 tokens for its text.
MAX_BYTES: Final = 512 * 1024 * 1024
MAX_TOKENS: Final = 5_000_000

# Extension -> media type, as paired in the service's list of supported files.
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "c": "text/x-c",
    "cpp": "text/x-c++",
    "cs": "text/x-csharp",
    "css": "text/css",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "go": "text/x-golang",
    "html": "text/html",
    "java": "text/x-java",
    "js": "text/javascript",
    "json": "application/json",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "php": "text/x-php",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "py": "text/x-python",
    "rb": "text/x-ruby",
    "sh": "application/x-sh",
    "tex": "text/x-tex",
    "ts": "application/typescript",
    "txt": "text/plain",
}

SUPPORTED: Final = frozenset(_MEDIA_TYPES)
# v1 accepted these as well; v2 refused them.
SUPPORTED_BY_V1: Final = frozenset({"csv"})
# What file search never read. Documented: types that only the code interpreter reads. By analogy: more tables, images,
# archives, sounds and films.
UNSUPPORTED: Final = frozenset({
    "csv", "gif", "jpeg", "jpg", "pkl", "png", "tar", "xlsx", "xml", "zip",
    "7z", "avi", "bmp", "bz2", "flac", "gz", "heic", "ico", "m4a", "mkv", "mov", "mp3", "mp4", "ods", "ogg", "rar",
    "tif", "tiff", "tsv", "wav", "webm", "webp", "xls", "xlsm", "xz",
})  # fmt: skip

# Each module has a `read(data: bytes) -> str`. Imported when needed, because the libraries behind them are heavy.
_READERS: Final[Mapping[str, str]] = {
    "docx": "emulator.retrieval.word",
    "html": "emulator.retrieval.web",
    "json": "emulator.retrieval.json_text",
    "pdf": "emulator.retrieval.pdf",
    "pptx": "emulator.retrieval.slides",
}


def extension(filename: str) -> str:
    """Return the lower-case extension without its dot; empty if there is none."""
    return PurePosixPath(filename).suffix[1:].lower()


def media_type(filename: str) -> str:
    """Return the media type of a file, by its extension."""
    kind = extension(filename)
    return "text/csv" if kind == "csv" else _MEDIA_TYPES.get(kind, "application/octet-stream")


def check_type(filename: str, *, v1: bool = False, any_text: bool = True) -> str:
    """Return the extension of a file that can be read; v1, any_text: as in `is_searchable`. Raises `UnsupportedFile`.

    For .doc as well, which no maintained library reads.
    """
    kind = extension(filename)
    if not is_searchable(kind, v1=v1, any_text=any_text):
        raise UnsupportedFile
    if kind == "doc":
        raise UnsupportedFile("[emulator] .doc files (Word 97 to 2003) cannot be read here; save them as .docx")
    return kind


def is_light(kind: str) -> bool:
    """Return whether files of a type are plain text, which takes no library, and little time if it is short."""
    return kind not in _READERS or kind == "json"


def is_searchable(kind: str, *, v1: bool = False, any_text: bool = True) -> bool:
    """Return whether file search reads files with an extension; its content decides where that says nothing.

    v1: for an assistant of v1, which had a list. any_text: undocumented types are read as well, if they are text
    (reported of .h and .svg, 2026); a file without an extension is not (unverified).
    """
    if v1:
        return kind in SUPPORTED or kind in SUPPORTED_BY_V1
    return kind in SUPPORTED or (any_text and bool(kind) and kind not in UNSUPPORTED)


def read_text(filename: str, data: bytes, *, v1: bool = False, any_text: bool = True) -> str:
    """Return the text of a file; empty if it has none, such as a scanned PDF. v1, any_text: as in `is_searchable`.

    Raises `UnsupportedFile` for a type that is not searchable (and for .doc, which no maintained library reads),
    `InvalidFile` for a broken or oversized file, `MissingReader` without the extra "files".
    """
    kind = check_type(filename, v1=v1, any_text=any_text)
    if len(data) > MAX_BYTES:
        raise FileTooLarge
    text = _read(kind, data).replace("\r\n", "\n").replace("\x00", "")
    if count_tokens(text, at_most=MAX_TOKENS) > MAX_TOKENS:
        raise FileTooLarge
    return text


def _read(kind: str, data: bytes) -> str:
    try:
        text: str = import_module(_READERS[kind]).read(data) if kind in _READERS else _plain(kind, data)
    except UnreadableFileError:
        raise
    except ImportError as error:
        raise MissingReader(kind) from error
    except MemoryError:
        raise FileTooLarge from None  # without the frames of the error, which hold what took the memory
    except Exception as error:  # parsers of broken files may raise anything
        raise InvalidFile from error
    # Lone surrogates cannot be stored or sent as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8") if _has_surrogates(text) else text


def _plain(kind: str, data: bytes) -> str:
    """Return the text of a plain file. Of an undocumented type only Unicode is taken for text."""
    if kind in SUPPORTED or kind in SUPPORTED_BY_V1:
        return decode(data)
    try:
        return decode(data, guess=False)
    except InvalidFile:
        raise UnsupportedFile from None


def _has_surrogates(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
