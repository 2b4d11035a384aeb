"""Office files are zip archives: checks of their size, before a library unpacks them."""

from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

from emulator.retrieval.refusals import FileTooLarge, InvalidFile

MAX_ENTRIES: Final = 20_000
# Pictures are large but hardly compressed; XML gets parsed, so its limit is lower.
MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_XML_BYTES: Final = 64 * 1024 * 1024
# Deflate itself ends near 1,000; XML of real documents stays below 100.
_MAX_RATIO: Final = 400


def open_archive(data: bytes) -> BytesIO:
    """Return the archive to read. Raises `InvalidFile` if it is none, `FileTooLarge` if it is a zip bomb.

    The sizes are those of its directory. That is enough: zipfile unpacks no more of an entry than the directory says.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except BadZipFile as error:
        raise InvalidFile from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise InvalidFile  # encrypted
    xml = sum(entry.file_size for entry in entries if entry.filename.endswith((".xml", ".rels")))
    whole = sum(entry.file_size for entry in entries)
    # Small archives of repetitive XML compress well, and do no harm.
    swollen = whole > 32 * 1024 * 1024 and whole > _MAX_RATIO * len(data)
    if len(entries) > MAX_ENTRIES or xml > MAX_XML_BYTES or whole > MAX_UNPACKED_BYTES or swollen:
        raise FileTooLarge
    return BytesIO(data)
