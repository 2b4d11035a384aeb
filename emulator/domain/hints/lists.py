"""Lists of which only the first page was read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from emulator.domain.hints.kinds import Hint, HintKind
from emulator.domain.hints.trace import Trace
from emulator.domain.redaction import shown_path

_CURSORS: Final = frozenset(("after", "before"))
# The order of lists where a request names none.
_NEWEST_FIRST: Final = "desc"


def lists(trace: Trace) -> Iterator[Hint]:
    """Yield a hint for each list that went on, and of which nobody asked for any other page."""
    pages: Counter[str] = Counter()
    continued: set[str] = set()
    for request in trace.requests:
        if request.method != "GET" or request.observed is None or request.observed.has_more is None:
            continue
        query = parse_qs(request.query.decode("latin-1"))
        if _CURSORS & query.keys():
            continued.add(request.path)
        elif request.observed.has_more and not _asks_for_the_newest(query):
            pages[request.path] += 1
    for path, count in pages.items():
        if path not in continued:
            yield Hint(HintKind.REST_OF_LIST_UNREAD, f"GET {shown_path(path)}", count=count)


def _asks_for_the_newest(query: Mapping[str, Sequence[str]]) -> bool:
    """Return whether one object is asked for, the newest: whoever does so wants no other."""
    return query.get("limit") == ["1"] and query.get("order", [_NEWEST_FIRST]) == [_NEWEST_FIRST]
