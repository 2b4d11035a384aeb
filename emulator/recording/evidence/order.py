"""The order of objects that several lists show in part: what each list says is kept, and nothing else is assumed."""

from collections.abc import Iterable, Iterator


class Order:
    """Keys in an order. Lists are merged into it in time that grows with their own length."""

    __slots__ = ("_next", "_previous")

    def __init__(self) -> None:
        # Of every key, and of None, which stands before the first and behind the last.
        self._next: dict[str | None, str | None] = {}
        self._previous: dict[str | None, str | None] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._next

    def __len__(self) -> int:
        return max(0, len(self._next) - 1)

    def __iter__(self) -> Iterator[str]:
        key = self._next.get(None)
        while key is not None:
            yield key
            key = self._next[key]

    def append(self, key: str) -> None:
        """Put a key at the end, unless it is there already."""
        if key not in self:
            self._insert(key, self._previous.get(None))

    def merge(self, keys: Iterable[str]) -> None:
        """Take in keys in their order: new ones stand behind the one before them, those before all known ones first.

        Keys none of which is known come last.
        """
        ahead: list[str] = []
        place: str | None = None
        is_placed = False
        for key in keys:
            if key in self:
                for one in ahead:
                    self._insert(one, self._previous[key])
                ahead.clear()
                place, is_placed = key, True
            elif is_placed:
                self._insert(key, place)
                place = key
            else:
                ahead.append(key)
        if not is_placed:
            for key in ahead:
                self.append(key)

    def _insert(self, key: str, after: str | None) -> None:
        follower = self._next.get(after)
        self._next[key], self._previous[key] = follower, after
        self._next[after] = self._previous[follower] = key
