"""Which way a list of objects goes: what shows whether it begins with the newest, as the lists of the API do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in which objects stand: a page of the API, an array, or lines. number: of the list in its file.

    first_id: as a page says. is_whole: no other page follows, as far as it says.
    """

    number: int
    form: Literal["page", "array", "lines"]
    first_id: Any = None
    is_whole: bool = True


def is_newest_first(listed: Sequence[Doc], listing: Listing, *, others: bool | None = None) -> bool:
    """Return whether objects that were listed begin with the newest: their times say it, else whatever shows it.

    others: what other pages of the list show, which goes on in the same way. Where nothing does, pages go as those of
    the API, and so do arrays without times; lines, and arrays of one second, are in order.
    """
    shown = what_shows_newest_first(listed, listing)
    if shown is not None:
        return shown
    if listing.form == "page":
        return others is None or others
    timed = any(isinstance(one.get("created_at"), int) for one in listed)
    return not timed and listed[0] is not listed[-1]


def what_shows_newest_first(listed: Sequence[Doc], listing: Listing) -> bool | None:
    """Return whether objects show that they begin with the newest; None where nothing shows either."""
    times = [at for one in listed if isinstance(at := one.get("created_at"), int)]
    if trend := sum((later > earlier) - (later < earlier) for earlier, later in pairwise(times)):
        return trend < 0
    first, last = listed[0], listed[-1]
    was_turned_round = listing.first_id is not None and listing.first_id == last.get("id") != first.get("id")
    if listing.form == "lines" or was_turned_round:
        return False
    if listing.is_whole and (lean := _begins(first) - _begins(last)):
        return lean < 0
    return None


def _begins(one: Doc) -> bool:
    """Return whether it is with such an object that what is listed begins: a question, or a call of a tool."""
    return one.get("role") == "user" or one.get("type") == "tool_calls"
