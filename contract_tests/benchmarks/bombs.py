"""Files that are small to upload, and much work to read or to index."""

import random
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

WORDPROCESSING = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def slow_pdf(pages: int = 19_999, words: int = 36) -> bytes:
    """Many pages that share one content stream; by default as much work as a PDF may be."""
    kids = " ".join(f"{number + 5} 0 R" for number in range(pages))
    content = b"BT /F 9 Tf (word) Tj ET " * words
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 3 0 R>>>>>>"
    return _pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
        *[page] * pages,
    )


def _pdf(*objects: bytes) -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj%b endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def long_docx(body: bytes) -> bytes:
    """A Word file with this body."""
    from docx import Document

    empty, out = BytesIO(), BytesIO()
    Document().save(empty)
    xml = b'<?xml version="1.0"?><w:document xmlns:w="%b"><w:body>%b</w:body></w:document>'
    with ZipFile(empty) as old, ZipFile(out, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = xml % (WORDPROCESSING.encode(), body) if name == "word/document.xml" else old.read(name)
            new.writestr(name, data)
    return out.getvalue()


def _prose(characters: int) -> bytes:
    chance = random.Random(7)
    words = ["".join(chance.choices("abdegiklmnoprstu", k=chance.randint(2, 9))) for _ in range(20_000)]
    return " ".join(chance.choices(words, k=characters // 6)).encode()[:characters]


def _hexadecimal(characters: int) -> bytes:
    return f"{random.Random(8).getrandbits(characters * 4):0{characters}x}".encode()


BOMBS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "a short text, to compare": ("a.txt", lambda: b"alpha beta gamma"),
    "7.7 MB of prose": ("a.txt", lambda: _prose(7_700_000)),
    "4 million &": ("a.html", lambda: b"&" * 4_000_000),
    "2 MB of [": ("a.json", lambda: b"[" * 2_000_000),
    "docx of 3 million paragraphs": ("a.docx", lambda: long_docx(b"<w:p/>" * 3_000_000)),
    "docx of 500,000 table cells": ("a.docx", lambda: long_docx(_table(500_000))),
    "PDF of 19,999 pages": ("a.pdf", slow_pdf),
    "5 MB without a space": ("a.txt", lambda: _hexadecimal(5_000_000)),
    "one line of 10 MB": ("a.txt", lambda: b"ab cd. " * 1_400_000),
    "900,000 cells of HTML": ("a.html", lambda: b"<table><tr>" + b"<td>x" * 900_000),
    "900,000 levels of HTML": ("a.html", lambda: b"<div>" * 900_000 + b"x"),
    "2 million combining marks": ("a.txt", lambda: b"e" + "\u0301\u0323".encode() * 1_000_000),
    "5 MB in an unknown encoding": ("a.txt", lambda: ("Größe der Straße " * 300_000).encode("latin-1")),
}


def _table(cells: int) -> bytes:
    cell = b"<w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>"
    return b"<w:tbl><w:tr>%b</w:tr></w:tbl>" % (cell * cells)


def named(words: list[str] | None = None) -> Iterator[tuple[str, str, bytes]]:
    """Yield title, file name and bytes; words: only those with one of them in the title."""
    for title, (name, make) in BOMBS.items():
        if not words or any(word in title for word in words):
            yield title, name, make()
