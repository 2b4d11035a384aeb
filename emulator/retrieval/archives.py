"""The zip archives that Office files are, looked over before a library unpacks them."""

from io import BytesIO
from typing import Final
from zipfile import BadZipFile, ZipFile

from emulator.retrieval.refusals import FileTooLarge, InvalidFile

MAX_ENTRIES: Final = 20_000
# Pictures are large but are hardly compressed; XML is what gets parsed, so it is held shorter.
MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_XML_BYTES: Final = 64 * 1024 * 1024
# Deflate itself ends near 1,000; XML of real documents stays below 100.
_MAX_RATIO: Final = 400


def checked(data: bytes) -> BytesIO:
    """Return the archive to read, or raise `InvalidFile` if it is none, `FileTooLarge` if it is a bomb.

    The sizes are the directory's own. That is enough: zipfile unpacks no more of an entry than the directory says.
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
    # Small archives of repetitive XML compress well without meaning harm.
    swollen = whole > 32 * 1024 * 1024 and whole > _MAX_RATIO * len(data)
    if len(entries) > MAX_ENTRIES or xml > MAX_XML_BYTES or whole > MAX_UNPACKED_BYTES or swollen:
        raise FileTooLarge
    return BytesIO(data)
