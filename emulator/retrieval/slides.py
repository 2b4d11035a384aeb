"""The text of a .pptx: slide by slide, what is on it and then what the speaker's notes say."""

from collections.abc import Iterator
from typing import Any, Final

from pptx import Presentation

from emulator.retrieval.archives import checked

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def read(data: bytes) -> str:
    """Return the text. python-pptx expands no XML entities and follows no reference to outside."""
    slides = Presentation(checked(data)).slides
    return "\n\n".join(text for slide in slides if (text := "\n".join(_lines(slide))))


def _lines(slide: Any) -> Iterator[str]:
    yield from _paragraphs(slide.element)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from (line for line in frame.text.split("\n") if line.strip())


def _paragraphs(root: Any) -> Iterator[str]:
    """Walk the elements, not the shapes: so groups and tables of any depth need no recursion."""
    for paragraph in root.iter(f"{_A}p"):
        pieces = (
            (element.text or "") if element.tag == f"{_A}t" else "\n" for element in paragraph.iter(f"{_A}t", f"{_A}br")
        )
        if line := "".join(pieces).strip():
            yield line
