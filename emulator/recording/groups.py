"""What belongs together, directly or by what stands between."""

from collections.abc import Iterable, Sequence


class Groups:
    """Numbers from 0 on, each in a group of its own until it is joined with another."""

    def __init__(self, count: int) -> None:
        self._leaders = list(range(count))

    def leader(self, number: int) -> int:
        """Return a number by which the group is known, the same for all that are in it."""
        while self._leaders[number] != number:
            self._leaders[number] = number = self._leaders[self._leaders[number]]
        return number

    def join(self, numbers: Iterable[int]) -> None:
        """Let the groups of some numbers be one."""
        first: int | None = None
        for number in numbers:
            first = number if first is None else first
            self._leaders[self.leader(number)] = self.leader(first)

    def members(self) -> dict[int, Sequence[int]]:
        """Return the groups by their leaders, in the order of their first members."""
        members: dict[int, list[int]] = {}
        for number in range(len(self._leaders)):
            members.setdefault(self.leader(number), []).append(number)
        return dict(members)
