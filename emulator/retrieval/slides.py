"""The text of a .pptx: slide by slide, the text on it and then the speaker's notes."""

from collections.abc import Iterator
from typing import Any, Final

from pptx import Presentation

from emulator.retrieval.archives import open_archive

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def read(data: bytes) -> str:
    """Return the text. python-pptx expands no XML entities and loads nothing from outside."""
    slides = Presentation(open_archive(data)).slides
    return "\n\n".join(text for slide in slides if (text := "\n".join(_lines(slide))))


def _lines(slide: Any) -> Iterator[str]:
    yield from _paragraphs(slide.element)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from (line for line in frame.text.split("\n") if line.strip())


def _paragraphs(root: Any) -> Iterator[str]:
    """Walk the elements, not the shapes: then groups and tables of any depth need no recursion."""
    for paragraph in root.iter(f"{_A}p"):
        pieces = (
            (element.text or "") if element.tag == f"{_A}t" else "\n" for element in paragraph.iter(f"{_A}t", f"{_A}br")
        )
        if line := "".join(pieces).strip():
            yield line
