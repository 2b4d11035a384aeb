"""The order of objects that were listed: oldest first, whichever way each list went, and lists that overlap as one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from emulator.recording.exports.objects import Found


def oldest_first(found: Sequence[Found], leans: Callable[[Sequence[Found]], int]) -> list[list[Found]]:
    """Return each list with its oldest object first, and those lists first that hold the older ones.

    leans: what a list shows beside its times: 1 for the oldest first, -1 for the newest first, 0 for nothing.
    """
    by_number: dict[int, list[Found]] = {}
    for one in found:
        by_number.setdefault(one.piece.listing.number, []).append(one)
    ordered: list[list[Found]] = []
    for listed in by_number.values():
        if is_newest_first(listed, leans):
            ordered.insert(0, listed[::-1])
        else:
            ordered.append(listed)
    return ordered


def is_newest_first(listed: Sequence[Found], leans: Callable[[Sequence[Found]], int]) -> bool:
    """Return whether a list begins with the newest object: its times say it, else its page, else what it shows.

    Where nothing does, pages and lists without times do as the API does; lines and one second are in order.
    """
    times = [one.at for one in listed if one.at is not None]
    trend = sum((later > earlier) - (later < earlier) for earlier, later in pairwise(times))
    if trend:
        return trend < 0
    listing = listed[0].piece.listing
    first, ends = listing.first_id, (listed[0].doc.get("id"), listed[-1].doc.get("id"))
    if listing.form == "page" and first is not None and first == ends[1] != ends[0]:
        return False  # it was turned round since the API answered
    if listing.form == "lines":
        return False
    if listing.is_whole and (lean := leans(listed)):
        return lean < 0
    return listing.form == "page" or (not times and len(listed) > 1)


def leans_of_messages(listed: Sequence[Found]) -> int:
    """Return what the roles of messages show: a conversation begins with a user, and ends with an answer."""
    return _lean(listed[0].doc["role"] == "user", listed[-1].doc["role"] == "user")


def leans_of_steps(listed: Sequence[Found]) -> int:
    """Return what the types of steps show: tools are called first, and the answer is written last."""
    return _lean(listed[0].doc["type"] != "message_creation", listed[-1].doc["type"] != "message_creation")


def leans_nowhere(_: Sequence[Found]) -> int:
    """Return that nothing is shown."""
    return 0


def _lean(first: bool, last: bool) -> int:  # noqa: FBT001 - two of a kind
    return int(first) - int(last)


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
