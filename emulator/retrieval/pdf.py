"""The text of a PDF, page by page, with a limit to the work that one file may cause."""

import re
from io import BytesIO
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import LimitReachedError

from emulator.retrieval.refusals import FileTooLarge, InvalidFile

MAX_PAGES: Final = 20_000
# Drawing and text operators of all pages; those of a form count each time it is drawn. A dense page has some 2,000.
MAX_OPERATORS: Final = 3_000_000
# 5,000,000 tokens of four characters and more; the tokens themselves are counted later.
_MAX_CHARACTERS: Final = 40_000_000

_HYPHENATED: Final = re.compile(r"(?<=[^\W\d_])-\n(?=[^\W\d_])")


def read(data: bytes) -> str:
    """Return the text; empty for a scan. pypdf itself limits the unpacked size of a stream, and nesting.

    Raises `InvalidFile` for a file locked by a password, `FileTooLarge` if it causes too much work.
    """
    try:
        return _text(data)
    except LimitReachedError as error:
        raise FileTooLarge from error


def _text(data: bytes) -> str:
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InvalidFile
    if reader.get_num_pages() > MAX_PAGES:
        raise FileTooLarge
    work = _Work()
    pages = []
    for page in reader.pages:
        text = page.extract_text(visitor_operand_before=work.count)
        work.characters += len(text)
        if work.characters > _MAX_CHARACTERS:
            raise FileTooLarge
        pages.append(_HYPHENATED.sub("", text).strip())
    return "\n\n".join(page for page in pages if page)


class _Work:
    """Counts the work for one file so far."""

    def __init__(self) -> None:
        self.operators = 0
        self.characters = 0

    def count(self, *_operation: Any) -> None:
        """Count an operator; pypdf calls this for each."""
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            raise FileTooLarge
