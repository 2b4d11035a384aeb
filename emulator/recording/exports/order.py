"""The order of objects that were listed: oldest first, whichever way each list went, and lists that overlap as one."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from emulator.recording.exports.objects import Found
from emulator.service.list_order import is_newest_first, what_shows_newest_first


def oldest_first(found: Sequence[Found]) -> list[list[Found]]:
    """Return each list with its oldest object first, and those lists first that hold the older ones."""
    by_number: dict[int, list[Found]] = {}
    for one in found:
        by_number.setdefault(one.piece.listing.number, []).append(one)
    others = _way_of_pages(list(by_number.values()))
    ordered: list[list[Found]] = []
    for listed in by_number.values():
        if is_newest_first([one.doc for one in listed], listed[0].piece.listing, others=others):
            ordered.insert(0, listed[::-1])
        else:
            ordered.append(listed)
    return ordered


def _way_of_pages(lists: Sequence[Sequence[Found]]) -> bool | None:
    """Return whether pages go from the newest to the oldest, as far as some of them show it, or their times do."""
    pages = [listed for listed in lists if listed[0].piece.listing.form == "page"]
    shown = [what_shows_newest_first([one.doc for one in page], page[0].piece.listing) for page in pages]
    balance = sum(1 if way else -1 for way in shown if way is not None)
    begun = [at for page in pages if (at := page[0].at) is not None]
    balance += sum((later < earlier) - (later > earlier) for earlier, later in pairwise(begun))
    return balance > 0 if balance else None


def joined(lists: Iterable[Sequence[str]]) -> list[str]:
    """Return ids in an order that fits lists of them, as far as one does: what is new goes beside what it stood by."""
    whole: list[str] = []
    known: set[str] = set()
    for listed in lists:
        ids = list(dict.fromkeys(listed))
        anchors = [place for place, id_ in enumerate(ids) if id_ in known]
        if not anchors:
            whole += ids
        elif len(anchors) < len(ids):
            whole = _beside(whole, ids, anchors, known)
        known.update(ids)
    return whole


def _beside(whole: list[str], ids: Sequence[str], anchors: Sequence[int], known: set[str]) -> list[str]:
    """Return a list with new ids put into it. anchors: the places of those that are in it."""
    if anchors == [0] and whole[-1] == ids[0]:
        return whole + list(ids[1:])
    before, after = ids[: anchors[0]], dict[str, list[str]]()
    anchor = ids[anchors[0]]
    for id_ in ids[anchors[0] + 1 :]:
        if id_ in known:
            anchor = id_
        else:
            after.setdefault(anchor, []).append(id_)
    first = ids[anchors[0]]
    around = {first: before}
    return [one for id_ in whole for one in (*around.get(id_, ()), id_, *after.get(id_, ()))]


def by_time(ids: Sequence[str], times: Mapping[str, int | None]) -> list[str]:
    """Return ids by their times; those without one stay behind what they stood behind."""
    last = next((at for id_ in ids if (at := times[id_]) is not None), 0)
    keyed: list[tuple[int, str]] = []
    for id_ in ids:
        at = times[id_]
        last = last if at is None else at
        keyed.append((last, id_))
    return [id_ for _, id_ in sorted(keyed, key=lambda one: one[0])]
