"""Pairs of dialogues that whoever compares has named: each id has to be one of its record."""

from collections.abc import Mapping
from typing import Final

from emulator.domain.nearest import did_you_mean
from emulator.domain.parity.records import Record

_MOST_SHOWN: Final = 5


def check_pairs(before: Record, after: Record, pairs: Mapping[str, str]) -> None:
    """Raise ValueError for an id that no dialogue has, and for a dialogue that is paired twice."""
    for ids, record, name in ((list(pairs), before, "before"), (list(pairs.values()), after, "after")):
        known = [one.id for one in record.dialogues]
        for id_ in ids:
            if id_ not in known:
                raise ValueError(f"pairs: {id_!r} is no dialogue of {name}{_known(id_, known)}")
            if ids.count(id_) > 1:
                raise ValueError(f"pairs: {id_!r} of {name} is paired twice")


def _known(id_: str, known: list[str]) -> str:
    nearest = did_you_mean(id_, known)
    if nearest or not known:
        return nearest
    more = ", …" if len(known) > _MOST_SHOWN else ""
    return f"; it has {', '.join(known[:_MOST_SHOWN])}{more}"
