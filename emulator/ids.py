"""Ids of new objects: with the real prefixes, made of seed, namespace, kind and count only, after what scripts pin.

Chance comes from the same seed.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final, Self

from emulator.domain.ports import PinnedIds

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Byte -> character. Some characters are a little more frequent than others, which does not matter for ids.
_FROM_BYTES: Final = bytes(ord(_ALPHABET[byte % 62]) for byte in range(256))

# kind -> (prefix, characters, base). Lengths and alphabets: recorded, the newest ones of each kind.
_FORMS: Final[Mapping[str, tuple[str, int, int]]] = {
    "asst": ("asst_", 24, 62),
    "thread": ("thread_", 24, 62),
    "msg": ("msg_", 24, 62),
    "run": ("run_", 24, 62),
    "step": ("step_", 24, 62),
    "call": ("call_", 24, 62),
    "file": ("file-", 22, 62),
    "file24": ("file-", 24, 62),  # until late 2024
    "assistant": ("assistant-", 22, 62),  # files of Azure
    "assistant24": ("assistant-", 24, 62),
    "vs": ("vs_", 32, 16),
    "vs24": ("vs_", 24, 62),  # until late 2024
    "vsfb": ("vsfb_", 32, 16),
    "vsfb_ibj": ("vsfb_ibj_", 32, 16),  # from October 2025
    "upload": ("upload_", 32, 16),
    "part": ("part_", 32, 16),
    "activity": ("activity_", 24, 62),
    # Of responses: `emulator.wire.responses.ids` writes partition and time into them.
    "partition": ("", 16, 16),
    "resp": ("resp_", 50, 16),
    "output_msg": ("msg_", 50, 16),
    "item_msg": ("msg_", 48, 16),  # made through the API (recorded)
    "fc": ("fc_", 50, 16),
    "item_fc": ("fc_", 48, 16),
    "fs": ("fs_", 50, 16),
    "ci": ("ci_", 50, 16),
    "rs": ("rs_", 50, 16),
    "conv": ("conv_", 48, 16),
    "cntr": ("cntr_", 48, 16),
    "cfile": ("cfile_", 32, 16),
    "req": ("req_", 32, 16),
    "req_bare": ("", 32, 16),  # until early 2024
}


# Kinds that differ in their form only are pinned as one.
_PINNED_AS: Final[Mapping[str, str]] = {
    "file24": "file",
    "assistant": "file",
    "assistant24": "file",
    "vs24": "vs",
}
# Begins the names of counters that say how many of the pinned ids of a kind are behind.
_PINNED: Final = "pinned "


class SeededIds:
    """Ids of one namespace. counters: the number of ids of each kind that exist already."""

    def __init__(self, seed: int, namespace: str, counters: Mapping[str, int] | None = None) -> None:
        self._seed = seed
        self._namespace = namespace
        self._root = _root(seed, namespace)
        self._counters = dict(counters or {})
        self._pinned = PinnedIds()

    @property
    def pinned(self) -> PinnedIds:
        """What its scripts have pinned."""
        return self._pinned

    def with_pinned(self, pinned: PinnedIds, *, anew: bool) -> Self:
        """Return the same ids with others pinned. anew: those of a kind that differ are given from the first one on."""
        ids = type(self)(self._seed, self._namespace, self._counters)
        ids._pinned = pinned  # noqa: SLF001 - its own
        for name, behind in self._counters.items() if anew else ():
            kind = name.removeprefix(_PINNED)
            before, now = (one.by_kind.get(kind, ()) for one in (self._pinned, pinned))
            if name.startswith(_PINNED) and before[:behind] != now[:behind]:
                del ids._counters[name]  # noqa: SLF001 - as above
        return ids

    def make(self, kind: str) -> str:
        """Return the next id of ``kind``."""
        count = self._counters[kind] = self._counters.get(kind, 0) + 1
        if self._pinned.by_kind and (pinned := self._next_pinned(_PINNED_AS.get(kind, kind))) is not None:
            return pinned
        while (made := self._id(kind, count)) in self._pinned.every:  # pinned by who recorded this very namespace
            count = self._counters[kind] = count + 1
        return made

    def _next_pinned(self, kind: str) -> str | None:
        ids, counter = self._pinned.by_kind.get(kind, ()), f"{_PINNED}{kind}"
        while (behind := self._counters.get(counter, 0)) < len(ids):
            self._counters[counter] = behind + 1
            if ids[behind] not in self._pinned.taken:
                return ids[behind]
        return None

    def _id(self, kind: str, count: int) -> str:
        prefix, length, base = _FORMS[kind]
        digest = hashlib.blake2b(b"%b/%b/%d" % (self._root, kind.encode(), count), digest_size=32).digest()
        characters = digest.hex() if base == 16 else digest.translate(_FROM_BYTES).decode()
        return prefix + characters[:length]

    def chance(self, name: str, count: int) -> float:
        """Return a number from 0 up to 1, the same in every namespace that has the seed."""
        digest = hashlib.blake2b(f"{self._seed}/chance/{name}/{count}".encode(), digest_size=6).digest()
        return int.from_bytes(digest) / 2**48

    def counters(self) -> Mapping[str, int]:
        """Return the number of ids of each kind; those of requests are not worth storing."""
        return {kind: count for kind, count in self._counters.items() if not kind.startswith("req")}

    def follow(self, counters: Mapping[str, int], seed: int) -> None:
        """Go on as another process has left these ids; how many requests there were each counts by itself."""
        self._seed, self._root = seed, _root(seed, self._namespace)
        own = {kind: count for kind, count in self._counters.items() if kind.startswith("req")}
        self._counters = {**own, **counters}

    def reserved(self, before: Mapping[str, int], ahead: int) -> Mapping[str, int]:
        """Return up to which number ids are reserved: ``before`` if that is enough, else some more of each kind."""
        for kind, count in self._counters.items():
            if count > before.get(kind, 0) and not kind.startswith("req"):
                # A crash skips what is reserved; of those that are pinned, none may be skipped.
                made = self.counters()
                exact = {name: count for name, count in made.items() if name.startswith(_PINNED)}
                more = {name: max(count + ahead, before.get(name, 0)) for name, count in made.items()}
                return {**before, **more, **exact}
        return before

    def pass_over(self, taken: Collection[str], ahead: int) -> None:
        """Make none of some ids that are taken, as far as they are pinned or among the next so many of their kind."""
        if pinned := self._pinned.every.intersection(taken):
            self._pinned = replace(self._pinned, taken=self._pinned.taken | pinned)
        for kind, (prefix, length, _) in _FORMS.items():
            of_kind = {one for one in taken if one.startswith(prefix) and len(one) == len(prefix) + length}
            made = self._counters.get(kind, 0)
            counts = range(made + 1, made + ahead + 1) if of_kind else ()
            if met := [count for count in counts if self._id(kind, count) in of_kind]:
                self._counters[kind] = met[-1]


def _root(seed: int, namespace: str) -> bytes:
    return f"{seed}/{namespace}".encode()
