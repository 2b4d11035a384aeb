"""The visible text of an HTML page: title first, blocks on lines of their own, cells side by side."""

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from emulator.retrieval.encodings import decode
from emulator.retrieval.refusals import FileTooLarge

MAX_BYTES: Final = 64 * 1024 * 1024
# Time depends on the tags: about five seconds for so many. The longest page of a standard has a third of them.
MAX_TAGS: Final = 1_000_000
_SKIPPED: Final = frozenset({"script", "style", "noscript", "template", "head", "svg", "math", "object", "iframe"})
_CELLS: Final = frozenset({"td", "th"})
_PARAGRAPHS: Final = frozenset({"h1", "h2", "h3", "ol", "p", "pre", "table", "ul"})
_LINES: Final = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "option", "section", "summary", "tbody", "tfoot", "thead", "tr"),
    }
)
# Marks where a block begins or ends; several in a row make one line break.
_EDGE: Final = "\x1e"
# From the first space on: a search from each of a million spaces would end at the same place.
_EDGES: Final = re.compile(rf"(?<![ {_EDGE}])[ {_EDGE}]*{_EDGE}[ {_EDGE}]*")
_DECLARED: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{1,40})""", re.IGNORECASE)


def read(data: bytes) -> str:
    """Return the text. libxml2 itself drops what is nested deeper than 256, and loads nothing from outside."""
    if len(data) > MAX_BYTES or data.count(b"<") > MAX_TAGS:
        raise FileTooLarge
    page = _decode_page(data)
    if not page.strip():
        return ""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True)
    root = etree.fromstring(page.encode("utf-8", "replace"), parser)
    if root is None:
        return ""
    title = root.findtext(".//title") or ""
    text = _EDGES.sub("\n", "".join(_pieces(root)))
    lines = (re.sub(r"[^\S\n\t]+", " ", line).strip() for line in f"{title}\n\n{text}".split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _decode_page(data: bytes) -> str:
    """Return the page in characters, by the encoding that it declares if that is a known one."""
    declared = _DECLARED.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii").lower()
        # Browsers decode all Chinese national encodings as the largest of them.
        try:
            return data.decode("gb18030" if name in {"gb2312", "gbk"} else name, "replace")
        except LookupError:
            pass
    return decode(data)


def _pieces(root: etree._Element) -> Iterator[str]:
    """Walk the page without recursion: pages may be nested to any depth."""
    hidden = preformatted = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        step = 1 if event == "start" else -1
        hidden += step * (tag in _SKIPPED)
        preformatted += step * (tag in {"pre", "textarea"})
        if tag in _PARAGRAPHS:
            yield "\n\n"
        elif tag in _LINES:
            yield _EDGE
        elif tag == "br" and event == "start":
            yield "\n"
        elif tag in _CELLS and event == "end":
            yield "\t"
        text = element.text if event == "start" else element.tail
        if text and not hidden:
            yield text if preformatted else re.sub(r"\s+", " ", text)
