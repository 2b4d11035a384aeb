"""Ids of new objects: with the real prefixes, and characters that depend on seed, namespace, kind and count only.

Chance comes from the same seed.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Final

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
    "req": ("req_", 32, 16),
    "req_bare": ("", 32, 16),  # until early 2024
}


class SeededIds:
    """Ids of one namespace. counters: the number of ids of each kind that exist already."""

    def __init__(self, seed: int, namespace: str, counters: Mapping[str, int] | None = None) -> None:
        self._seed = seed
        self._root = f"{seed}/{namespace}".encode()
        self._counters = dict(counters or {})

    def make(self, kind: str) -> str:
        """Return the next id of ``kind``."""
        count = self._counters[kind] = self._counters.get(kind, 0) + 1
        return self._id(kind, count)

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

    def reserved(self, before: Mapping[str, int], ahead: int) -> Mapping[str, int]:
        """Return up to which number ids are reserved: ``before`` if that is enough, else some more of each kind."""
        for kind, count in self._counters.items():
            if count > before.get(kind, 0) and not kind.startswith("req"):
                more = {name: max(made + ahead, before.get(name, 0)) for name, made in self.counters().items()}
                return {**before, **more}
        return before

    def pass_over(self, taken: Collection[str], ahead: int) -> None:
        """Make none of some ids that are taken, as far as they are among the next so many of their kind."""
        for kind, (prefix, length, _) in _FORMS.items():
            of_kind = {one for one in taken if one.startswith(prefix) and len(one) == len(prefix) + length}
            made = self._counters.get(kind, 0)
            counts = range(made + 1, made + ahead + 1) if of_kind else ()
            if met := [count for count in counts if self._id(kind, count) in of_kind]:
                self._counters[kind] = met[-1]
