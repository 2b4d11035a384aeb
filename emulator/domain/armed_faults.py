"""The faults of a namespace, in the order in which they were armed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.domain.faults import ArmedFault

# Each request is compared with all of them.
MOST_FAULTS: Final = 1_000


class ArmedFaults:
    """Faults that wait for their requests. Where several processes share them, each follows what is stored.

    era: named anew whenever all were removed, so that no count of an old fault is taken for one of a new one.
    """

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._removals = 0
        self.era = ""

    def __iter__(self) -> Iterator[ArmedFault]:
        return iter(self._armed)

    def __len__(self) -> int:
        return len(self._armed)

    def __contains__(self, fault: ArmedFault) -> bool:
        return fault in self._armed

    def arm(self, fault: ArmedFault) -> None:
        """Add a fault; raise the refusal of one too many."""
        if len(self._armed) >= MOST_FAULTS:
            raise ApiError(400, f"A namespace has at most {MOST_FAULTS:,} faults: remove them first.")
        fault.number = len(self._armed)
        self._armed.append(fault)

    def extend(self, faults: Iterable[ArmedFault]) -> None:
        """Add faults as they are, with their counts."""
        self._armed.extend(faults)

    def clear(self) -> None:
        """Remove all."""
        self._armed = []
        self._removals += 1

    def state(self) -> dict[str, Any]:
        """Return everything as JSON data, which `follow` takes in."""
        return {"removals": self._removals, "armed": [fault.state() for fault in self._armed]}

    def follow(self, state: Mapping[str, Any] | None, generation: str) -> bool:
        """Be as a state says; None: as in the beginning. Return whether all that were there have been removed since.

        generation: of the namespace. Faults that were there and still are keep their identity.
        """
        removals, armed = (state["removals"], state["armed"]) if state else (0, ())
        era = f"{generation}/{removals}"
        was_removed = era != self.era
        if was_removed:
            self._armed = []
        self._removals, self.era = removals, era
        known = {fault.number: fault for fault in self._armed}
        self._armed = [_followed(known.get(one["number"]), one) for one in armed]
        return was_removed


def _followed(fault: ArmedFault | None, state: Mapping[str, Any]) -> ArmedFault:
    if fault is None:
        return ArmedFault.from_state(state)
    fault.hits, fault.passed, fault.draws = state["hits"], state["passed"], state["draws"]
    return fault
