"""Office files are zip archives: checks of their size, before a library unpacks them."""

import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from emulator.retrieval.refusals import FileTooLarge, InvalidFile

MAX_ENTRIES: Final = 20_000
# Pictures are large but hardly compressed; XML gets parsed, so its limit is lower.
MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_XML_BYTES: Final = 64 * 1024 * 1024
# A parsed element takes some 200 bytes, however short it is written. Real documents have one for 50 bytes or more.
MAX_ELEMENTS: Final = 2_500_000
# Deflate itself ends near 1,000; XML of real documents stays below 100.
_MAX_RATIO: Final = 400
_BROKEN: Final = (BadZipFile, EOFError, NotImplementedError, zlib.error)


def open_archive(data: bytes) -> BytesIO:
    """Return the archive to read. Raises `InvalidFile` if it is none, `FileTooLarge` if it is a zip bomb.

    The sizes are those of its directory. That is enough: zipfile unpacks no more of an entry than the directory says.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries, len(data))
            _check_elements(archive, entries)
    except BadZipFile as error:
        raise InvalidFile from error
    return BytesIO(data)


def _check_sizes(entries: Sequence[ZipInfo], packed: int) -> None:
    if any(entry.flag_bits & 1 for entry in entries):
        raise InvalidFile  # encrypted
    xml = sum(entry.file_size for entry in entries if _is_xml(entry))
    whole = sum(entry.file_size for entry in entries)
    # Small archives of repetitive XML compress well, and do no harm.
    swollen = whole > 32 * 1024 * 1024 and whole > _MAX_RATIO * packed
    if len(entries) > MAX_ENTRIES or xml > MAX_XML_BYTES or whole > MAX_UNPACKED_BYTES or swollen:
        raise FileTooLarge


def _check_elements(archive: ZipFile, entries: Iterable[ZipInfo]) -> None:
    elements = 0
    for entry in filter(_is_xml, entries):
        with suppress(*_BROKEN), archive.open(entry) as xml:  # the library that reads it says what is wrong
            while piece := xml.read(1 << 20):
                elements += piece.count(b"<") - piece.count(b"</")
                if elements > MAX_ELEMENTS:
                    raise FileTooLarge


def _is_xml(entry: ZipInfo) -> bool:
    return entry.filename.endswith((".xml", ".rels"))
