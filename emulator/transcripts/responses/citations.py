"""Citations of a response: what Assistants marked in a text and located by offsets, as responses show it.

A citation of a file leaves no marker in the text, and one index in place of a range: where the marker stood (recorded).
A path of a file that code wrote stays in the text, and has a range (recorded).
"""

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import PurePosixPath
from typing import Any, Final

Annotation = Mapping[str, Any]
_NO_NAMES: Final[Mapping[str, str]] = {}


def without_markers(
    text: str,
    annotations: Sequence[Annotation],
    *,
    container: str | None = None,
    names: Mapping[str, str] = _NO_NAMES,
) -> tuple[str, list[dict[str, Any]]]:
    """Return a text without the markers of its citations, and its annotations as responses show them, by their places.

    annotations: as a script says them, in the shape of either API; those of responses locate in the text that is
    returned. container: in which the response's code runs. names: of files, by their ids.
    """
    markers = _Markers(text, annotations)
    return markers.cut(), sorted((_shown(one, markers, container, names) for one in annotations), key=_place)


def _place(annotation: Annotation) -> float:
    """Return where an annotation is; one that is nowhere in the text comes behind all others (recorded)."""
    end = annotation.get("end_index", annotation.get("index"))
    return end if isinstance(end, int) and annotation.get("start_index") != end else inf


class _Markers:
    """The spans that are cut out of a text. Where markers overlap, what both cover is cut once."""

    def __init__(self, text: str, annotations: Sequence[Annotation]) -> None:
        self._text = text
        spans = sorted(_span(one) for one in annotations if _is_marked(one, len(text)))
        self._spans: list[tuple[int, int]] = []
        for start, end in spans:
            behind = max(start, self._spans[-1][1]) if self._spans else start
            if behind < end:
                self._spans.append((behind, end))

    def cut(self) -> str:
        """Return the text without them."""
        pieces, at = [], 0
        for start, end in self._spans:
            pieces.append(self._text[at:start])
            at = end
        return "".join([*pieces, self._text[at:]])

    def moved(self, place: int) -> int:
        """Return where a place of the text lies when they are cut."""
        return place - sum(min(place, end) - start for start, end in self._spans if start < place)


def _span(annotation: Annotation) -> tuple[int, int]:
    return annotation["start_index"], annotation["end_index"]


def _has_span(annotation: Annotation) -> bool:
    return isinstance(annotation.get("start_index"), int) and isinstance(annotation.get("end_index"), int)


def _is_marked(annotation: Annotation, length: int) -> bool:
    """Return whether an annotation is a citation of Assistants, whose marker stands in the text."""
    if not isinstance(annotation.get("file_citation"), Mapping) or not _has_span(annotation):
        return False
    start, end = _span(annotation)
    return 0 <= start < end <= length


def _shown(
    annotation: Annotation, markers: _Markers, container: str | None, names: Mapping[str, str]
) -> dict[str, Any]:
    citation, path = annotation.get("file_citation"), annotation.get("file_path")
    if isinstance(citation, Mapping):
        file_id = str(citation.get("file_id", ""))
        start = annotation["start_index"] if _has_span(annotation) else 0
        filename = names.get(file_id) or _name_in(annotation.get("text")) or file_id
        return {"type": "file_citation", "file_id": file_id, "filename": filename, "index": markers.moved(start)}
    if isinstance(path, Mapping):
        file_id = str(path.get("file_id", ""))
        start, end = _span(annotation) if _has_span(annotation) else (0, 0)
        name = PurePosixPath(str(annotation.get("text") or "")).name or names.get(file_id) or file_id
        return container_citation(container, file_id, name, markers.moved(start), markers.moved(end))
    if isinstance(site := annotation.get("url_citation"), Mapping):  # of Foundry, whose marker stays in the text
        start, end = _span(annotation) if _has_span(annotation) else (0, 0)
        about = {"title": str(site.get("title") or ""), "url": str(site.get("url") or "")}
        return {"type": "url_citation", "start_index": markers.moved(start), "end_index": markers.moved(end), **about}
    if annotation.get("type") == "container_file_citation" and container is not None:
        return {**annotation, "container_id": container}  # which one it is, no script can know
    return dict(annotation)


def container_citation(
    container: str | None, file_id: str, filename: str, start: int = 0, end: int = 0
) -> dict[str, Any]:
    """Return the citation of a file in a container; an image that the text does not name has no range (recorded)."""
    return {
        "type": "container_file_citation",
        "container_id": container or "",
        "end_index": end,
        "file_id": file_id,
        "filename": filename,
        "start_index": start,
    }


def _name_in(marker: Any) -> str:
    """Return the name of the file that a marker names: ``【4:0†notes.txt】``."""
    return marker.rpartition("†")[2].removesuffix("】") if isinstance(marker, str) and "†" in marker else ""
