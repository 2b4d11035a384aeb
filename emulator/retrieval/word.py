"""The text of a .docx: paragraphs and tables in reading order, then foot- and endnotes."""

from collections.abc import Iterator
from typing import Any, Final

from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree  # type: ignore[import-untyped]

from emulator.retrieval.archives import open_archive

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Text boxes occur twice, the second time for old programs.
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS: Final = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}


def read(data: bytes) -> str:
    """Return the text. python-docx expands no XML entities and loads nothing from outside."""
    document = Document(open_archive(data))
    parts = ["".join(_pieces(document.element.body))]
    for kind in (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES):
        parts += ["".join(_pieces(_parse(part.blob))) for part in _related(document, kind)]
    return "\n\n".join(text for part in parts if (text := part.strip()))


def _related(document: Any, kind: str) -> list[Any]:
    relations = document.part.rels.values()
    return [relation.target_part for relation in relations if relation.reltype == kind and not relation.is_external]


def _parse(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def _pieces(root: etree._Element) -> Iterator[str]:
    """Walk the elements, not python-docx's paragraphs, which leave out tracked insertions, controls and text boxes."""
    skipped = cell = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        step = 1 if event == "start" else -1
        if tag == _FALLBACK:
            skipped += step
        elif tag == f"{_W}tc":
            cell += step
            yield "\t" if event == "end" else ""
        elif skipped:
            continue
        elif event == "end":
            # The paragraphs of a cell stay on the line of the row.
            yield {f"{_W}p": " " if cell else "\n\n", f"{_W}tr": "\n", f"{_W}tbl": "\n"}.get(tag, "")
        elif tag == f"{_W}t":
            yield element.text or ""
        else:
            yield _BREAKS.get(tag, "")
