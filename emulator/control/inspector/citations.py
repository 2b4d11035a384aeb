"""What a text cites: where each citation stands in it, and where it leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from emulator.control.inspector.markdown import is_link, note_mark, without_marks
from emulator.control.inspector.visible import on_one_line, visible
from emulator.domain import inspector_paths as to

_LONGEST_QUOTE: Final = 300  # what an address has of it
_MOST: Final = 200  # of one text


@dataclass(frozen=True, slots=True)
class Source:
    """What is cited. number: from 1. href: where it leads, None where that is nowhere."""

    number: int
    title: str
    href: str | None
    quote: str
    is_elsewhere: bool


@dataclass(frozen=True, slots=True)
class Cited:
    """A text with marks where its notes are to be, what these are, and where its links into the sandbox lead."""

    text: str
    sources: Sequence[Source]
    paths: Mapping[str, str]

    @property
    def notes(self) -> Mapping[int, str]:
        """Where notes lead, by their numbers."""
        return {one.number: one.href for one in self.sources if one.href}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known around a text. files: their names by their ids. found: what searches have found, by these ids."""

    ns: str
    files: Mapping[str, str]
    found: Mapping[str, Sequence[str]]


def cited(text: str, annotations: Sequence[Mapping[str, Any]], known: Known, *, most: int, first: int = 1) -> Cited:
    """Return the beginning of a text with its citations. most: characters. first: the number of the first note."""
    whole = without_marks(text)
    sources, paths = [], {}
    places: list[tuple[int, int, int]] = []
    for number, mark in enumerate(annotations[:_MOST], first):
        source = _source(number, mark, known)
        sources.append(source)
        said = str(mark.get("text") or "")
        if said.startswith("sandbox:"):
            paths[unquote(said)] = source.href or ""
        elif (place := _place(whole, mark, said)) is not None and place[1] <= most:
            places.append((*place, number))
    return Cited(visible(_marked(whole[:most], places)), sources, paths)


def _marked(text: str, places: Sequence[tuple[int, int, int]]) -> str:
    """Return a text with marks in the places of what stood for them; where two overlap, the first counts."""
    pieces, done = [], 0
    for begin, end, number in sorted(places):
        if begin >= done:
            pieces += [text[done:begin], note_mark(number)]
            done = end
    return "".join([*pieces, text[done:]])


def _place(text: str, mark: Mapping[str, Any], said: str) -> tuple[int, int] | None:
    """Return where a mark stands: where it says, if that is so, or where its text is."""
    begin, end, index = mark.get("start_index"), mark.get("end_index"), mark.get("index")
    if said:
        if isinstance(begin, int) and text.startswith(said, max(begin, 0)):
            return max(begin, 0), max(begin, 0) + len(said)
        found = text.find(said)
        return (found, found + len(said)) if found >= 0 else None
    place = end if isinstance(end, int) else index
    return (place, place) if isinstance(place, int) and 0 <= place <= len(text) else None


def _source(number: int, mark: Mapping[str, Any], known: Known) -> Source:
    inner = mark.get(str(mark.get("type")))
    about = inner if isinstance(inner, Mapping) else mark  # responses have no object within
    url = str(about.get("url") or "")
    if url:
        title = on_one_line(str(about.get("title") or url))
        return Source(number, title, url if is_link(url) else None, "", is_elsewhere=True)
    file_id = str(about.get("file_id") or "")
    name = known.files.get(file_id) or str(about.get("filename") or file_id)
    quote = str(about.get("quote") or "") or _found(file_id, known)
    href = to.file(known.ns, file_id, quote_=quote[:_LONGEST_QUOTE]) if file_id in known.files else None
    return Source(number, on_one_line(name), href, on_one_line(quote), is_elsewhere=False)


def _found(file_id: str, known: Known) -> str:
    """Return the passage that a mark without a quote is likely about: what the search found in the file."""
    passages = known.found.get(file_id) or ()
    return passages[0] if passages else ""
