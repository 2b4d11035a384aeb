"""Citations: markers in the text, and the annotations that locate them and name their files.

``【4:0†notes.txt】``: 4 is the number of messages before the one that cites (those of the context, and those written in
this turn) and three more, 0 is the place of the result among all results found in this turn, counted from 0. That the
two numbers are these is the common reading; that there are three more follows from the recorded answers to a first
message, which say 4 (openai-dotnet, Oct 2025). Both are unverified. Older days wrote markers of
other forms: the view provides the form.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.domain.actions import Hits

_UNSEEN: Final = 3


class Citations:
    """The results that a turn can cite, and those it did. messages: of the context, their number. marker: a format."""

    def __init__(self, messages: int, marker: str) -> None:
        self._messages = messages + _UNSEEN
        self._marker = marker
        self._results: list[Mapping[str, Any]] = []
        self._cited: dict[str, Mapping[str, Any]] = {}

    def add_results(self, hits: Hits) -> None:
        """Take in results; those of further searches are numbered on from them."""
        self._results.extend(hits.results)

    def add_message(self) -> None:
        """Count a message that was written."""
        self._messages += 1

    @property
    def cite(self) -> Callable[[Mapping[str, Any]], str]:
        """The function that templates call."""

        def cite(result: Any) -> str:
            """Return the marker for a result; none where there is no result to cite."""
            result = _first(result)
            if not result:
                return ""
            if not (isinstance(result, Mapping) and "file_id" in result):
                raise ValueError("cite takes what a search found, such as hits, or one of hits.results")
            place = next((n for n, known in enumerate(self._results) if known == result), len(self._results))
            if place == len(self._results):
                self._results.append(result)
            name = result.get("file_name") or result.get("filename") or result["file_id"]
            numbers = {"message": self._messages, "result": place, "number": self._messages + place}
            marker = self._marker.format(**numbers, name=name)
            self._cited[marker] = result
            return marker

        return cite

    def annotations(self, text: str) -> tuple[Mapping[str, Any], ...]:
        """Return the annotations for the markers in a text, in their order; offsets count code points."""
        if not self._cited:
            return ()
        markers = "|".join(re.escape(marker) for marker in sorted(self._cited, key=len, reverse=True))
        return tuple(
            {
                "type": "file_citation",
                "text": found[0],
                "start_index": found.start(),
                "end_index": found.end(),
                "file_citation": _citation(self._cited[found[0]]),
            }
            for found in re.finditer(markers, text)
        )


def _first(found: Any) -> Any:
    """Return the first result of a search; anything else as it is."""
    if isinstance(found, Hits):
        return found.first
    return found["first"] if isinstance(found, Mapping) and "first" in found and "results" in found else found


def _citation(result: Mapping[str, Any]) -> dict[str, str]:
    """Return what is cited, with the passage; the engine drops it on days whose API does not show it."""
    quote = "".join(str(part.get("text", "")) for part in result.get("content") or ())
    return {"file_id": str(result["file_id"]), **({"quote": quote} if quote else {})}
