"""What a comparison is asked for, as it stands in the address of its page: sides, pairs, waivers, and what is shown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from starlette.datastructures import QueryParams

from emulator.domain import inspector_paths
from emulator.domain.errors import ApiError

# Servers and mail programs take addresses of about this length.
MOST_CHARACTERS: Final = 8_000
_MOST_NUMBER: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A comparison. pairs: of ids; waivers: as those of a file.

    is_strict: the order of tools and of results counts. shows_equal: also what is equal. dialogue: that one alone, by
    its number. page: from 1, of dialogues or of the turns of one.
    """

    before: str = ""
    after: str = ""
    pairs: Sequence[tuple[str, str]] = ()
    waivers: Sequence[Mapping[str, Any]] = ()
    is_strict: bool = False
    shows_equal: bool = False
    dialogue: int | None = None
    page: int = 1

    @classmethod
    def read(cls, query: QueryParams) -> Self:
        """Return what an address asks for. Raises `ApiError` for what is wrong in it."""
        return cls(
            query.get("before", ""),
            query.get("after", ""),
            tuple(_pair(one) for one in query.getlist("pair")),
            tuple(_waiver(one) for one in query.getlist("waive")),
            bool(query.get("strict")),
            bool(query.get("equal")),
            _number("dialogue", query.get("dialogue")),
            _number("page", query.get("page")) or 1,
        )

    @property
    def address(self) -> str:
        """The address of the page that shows it."""
        return inspector_paths.parity(
            before=self.before,
            after=self.after,
            pair=self.pair_texts,
            waive=self.waiver_texts,
            strict="1" if self.is_strict else "",
            equal="1" if self.shows_equal else "",
            dialogue=str(self.dialogue or ""),
            page=str(self.page) if self.page > 1 else "",
        )

    @property
    def pair_texts(self) -> list[str]:
        """The pairs, each as it stands in an address."""
        return [f"{old}={new}" for old, new in self.pairs]

    @property
    def waiver_texts(self) -> list[str]:
        """The waivers, each as it stands in an address."""
        return [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in self.waivers]

    def checked(self) -> Self:
        """Return the same. Raises `ApiError` if it does not fit into an address."""
        if len(self.address) > MOST_CHARACTERS:
            raise ApiError(
                400,
                "No more waivers and pairs fit into the address of this page: keep those that it has in a file, and"
                " compare with assistants-emulator parity --waivers FILE.",
            )
        return self

    def with_waiver(self, waiver: Mapping[str, Any]) -> Self:
        """Return the same with one waiver more. Raises `ApiError` for one too many."""
        if waiver in self.waivers:
            return self
        return replace(self, waivers=(*self.waivers, waiver)).checked()

    def without_waiver(self, place: int) -> Self:
        """Return the same without one of the waivers."""
        return replace(self, waivers=(*self.waivers[:place], *self.waivers[place + 1 :]))

    def with_pair(self, old: str, new: str) -> Self:
        """Return the same with one pair more, in place of those that name one of its dialogues."""
        others = [pair for pair in self.pairs if pair[0] != old and pair[1] != new]
        return replace(self, pairs=(*others, (old, new)), page=1).checked()

    def without_pair(self, place: int) -> Self:
        """Return the same without one of the pairs."""
        return replace(self, pairs=(*self.pairs[:place], *self.pairs[place + 1 :]))


def _pair(text: str) -> tuple[str, str]:
    old, separator, new = text.partition("=")
    if not (separator and old and new):
        raise ApiError(400, "pair: write the ids of two dialogues, as OLD=NEW", param="pair")
    return old, new


def _waiver(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()  # half of a letter is none, and in no address
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ApiError(400, "waive: each waiver in the address has to be a JSON object", param="waive")
    return value


def _number(name: str, text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < _MOST_NUMBER):
        raise ApiError(400, f"{name}: has to be a number from 1", param=name)
    return int(text[:9])
