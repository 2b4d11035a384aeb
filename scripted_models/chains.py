"""The chains of a scenario: recorded threads, each a list of turns, found by how they begin and by what they answer."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from emulator.domain.ports import BEGUN, CHAINS, came_from
from emulator.domain.view import ModelView
from scripted_models import likeness
from scripted_models.candidates import Candidate
from scripted_models.likeness import SimilarTexts
from scripted_models.matches import normal
from scripted_models.postings import Lists, Postings, digest

if TYPE_CHECKING:
    from scripted_models.grammar.matchers import When
    from scripted_models.grammar.scenario import ChainSpec

Drift = Literal["strict", "lenient", "template"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a thread is in its chain. chain: its number. position: of the turn that its next run is expected to play.

    has_begun: whether the thread has taken the chain, or is only meant to go on in it.
    """

    chain: int
    position: int
    has_begun: bool = True


class Chains:
    """The chains of one scenario, by numbers from 0 in the order in which they begin.

    Beginnings are chains whose first turns ask for the same: threads that begin so take them one after the other. They
    too have numbers, in the order of their first chains. recorded_at: when the first thread was recorded.
    """

    def __init__(self, script: str, drift: Drift, turns: Sequence[Candidate], builder: "ChainsBuilder") -> None:
        self.script = script
        self.is_strict = drift == "strict"
        self.recorded_at = builder.recorded_at
        self.names = tuple(builder.turns)
        self.beginnings = Lists(builder.beginnings.values())
        self._turns = turns
        self._numbers = {name: number for number, name in enumerate(self.names)}
        self._by_chain = Lists(builder.turns.values())
        self._digests = array("Q", builder.beginnings)
        self._first_messages = Postings(builder.first_messages)
        self.others = tuple(builder.others)
        self._messages = Postings(builder.messages)
        self._similar = SimilarTexts(builder.ends, self._first_message)
        self._of_threads = {thread: (self._numbers[name], after) for name, thread, after in builder.threads}

    def __len__(self) -> int:
        return len(self.names)

    # --- turns ------------------------------------------------------------------------------------------------------

    def size(self, chain: int) -> int:
        """Return how many turns a chain has."""
        return self._by_chain.size(chain)

    def turn(self, chain: int, position: int) -> Candidate:
        """Return a turn of a chain."""
        return self._turns[self._by_chain.at(chain, position)]

    def answering(self, chain: int, message: str | None, at: int) -> Iterator[int]:
        """Yield the positions of a chain's turns that may answer a message: the first from ``at`` on, else the last."""
        if message is None:
            return
        found = self._messages.next(digest(str(chain), normal(message)), at)
        if found is not None:
            yield found
        patterns = self._messages.find(digest(str(chain)))
        yield from (position for position in patterns if position >= at)
        yield from (position for position in reversed(patterns) if position < at)

    # --- beginnings -------------------------------------------------------------------------------------------------

    def equal_beginnings(self) -> Iterator[Sequence[int]]:
        """Yield the chains, wherever several begin alike."""
        for beginning in range(len(self.beginnings)):
            if self.beginnings.size(beginning) > 1:
                yield self.beginnings[beginning]

    def first(self, beginning: int) -> Candidate:
        """Return the first turn of the first chain that begins so."""
        return self.turn(self.beginnings.at(beginning, 0), 0)

    def beginning_with(self, message: str | None) -> Sequence[int]:
        """Return the beginnings that ask for a message, word for word."""
        return () if message is None else self._first_messages.find(digest(normal(message)))

    def similar(self, message: str | None) -> Iterator[int]:
        """Yield the beginnings whose message is like one that none asks for word for word, the most alike first."""
        if message is None or self.beginning_with(message):
            return iter(())
        return iter(self._similar.most_alike(message))

    def nearby(self, message: str | None) -> Sequence[int]:
        """Return some beginnings that are worth a comparison with a run that none of them fits."""
        return [*self.others[: likeness.FEW], *self._similar.candidates(message or "")]

    def _first_message(self, beginning: int) -> str:
        return message_of(self.first(beginning).when) or ""

    # --- what is remembered -----------------------------------------------------------------------------------------

    def key(self, beginning: int) -> str:
        """Return the key under which it is remembered how many chains of a beginning are taken."""
        return f"{CHAINS}/{self.script}/{self._digests[beginning]:016x}"

    def taken(self, beginning: int, view: ModelView) -> int:
        """Return how many chains of a beginning are taken."""
        count: int = view.memory.scopes.get(self.key(beginning), {}).get("taken", 0)
        return count

    def keys(self, view: ModelView) -> list[str]:
        """Return the keys that are needed to choose a chain."""
        message = view.message
        found = [*self.beginning_with(message), *self.others]
        if not self.is_strict:
            found += self.similar(message)
        return [self.key(beginning) for beginning in dict.fromkeys(found)]

    def place(self, view: ModelView) -> Place | None:
        """Return where a thread is in its chain; None where it has none.

        A thread that has had fewer runs than when it was last here is a copy of its past, and goes on from there. A
        conversation that was a thread before goes on in the chain of that.
        """
        row = view.memory.scopes.get(self._thread_key(view))
        if row is not None and (chain := self._numbers.get(row["chain"])) is not None:
            again = max(0, row["turn"] + 1 - view.turn)
            return Place(chain, max(0, row["position"] - again))
        before = view.memory.scopes.get(came_from(view.thread_id))
        thread = view.thread_id if before is None else before["thread"]
        if (given := self._of_threads.get(thread)) is not None:
            chain, after = given
            return Place(chain, max(0, view.turn - 1 - after), has_begun=False)
        return None

    def moved(self, view: ModelView, chain: int, position: int) -> dict[str, Mapping[str, object]]:
        """Return what to remember of a thread whose next turn is at a position of a chain."""
        row = {"chain": self.names[chain], "position": position}
        begun = f"{BEGUN}/{self.script}/{view.thread_id}"
        moved: dict[str, Mapping[str, object]] = {self._thread_key(view): {**row, "turn": view.turn}}
        if position < self.size(chain):
            moved[begun] = row
        elif self.size(chain) > 1:
            moved[begun] = {}  # nothing is left
        return moved

    def _thread_key(self, view: ModelView) -> str:
        return f"thread:{view.thread_id}/{self.script}/chain"

    def unplayed(self, row: Mapping[str, object]) -> range:
        """Return the positions of the turns that a thread has not reached, by what `moved` remembers."""
        chain, position = self._numbers.get(str(row["chain"])), row["position"]
        return range(0) if chain is None or not isinstance(position, int) else range(position, self.size(chain))

    def number(self, name: str) -> int:
        """Return the number of a chain."""
        return self._numbers[name]


class ChainsBuilder:
    """Gathers the turns of chains, in the order of their file."""

    def __init__(self) -> None:
        self.recorded_at: str | None = None
        self.turns: dict[str, list[int]] = {}
        self.beginnings: defaultdict[int, list[int]] = defaultdict(list)
        self.first_messages: list[tuple[int, int]] = []
        self.others: list[int] = []
        self.messages: list[tuple[int, int]] = []
        self.ends: dict[int, str] = {}
        self.threads: list[tuple[str, str, int]] = []
        self._numbers: dict[int, int] = {}  # of beginnings, by their digests
        self._chains: dict[str, int] = {}

    def add(self, number: int, chain: str, when: "When | None") -> None:
        """Add a turn. number: among all turns of the scenario."""
        turns = self.turns.setdefault(chain, [])
        at = self._chains.setdefault(chain, len(self._chains))
        message = message_of(when)
        if not turns:
            self._begin(at, message, when)
        if when is not None and when.message is not None:
            key = digest(str(at)) if message is None else digest(str(at), normal(message))
            self.messages.append((key, len(turns)))
        turns.append(number)

    def _begin(self, chain: int, message: str | None, when: "When | None") -> None:
        key = digest("" if when is None else when.model_dump_json(exclude_none=True))
        if key not in self._numbers:
            number = self._numbers[key] = len(self._numbers)
            if message is None:
                self.others.append(number)
            else:
                self.first_messages.append((digest(normal(message)), number))
                self.ends[number] = likeness.ends(message)
        self.beginnings[key].append(chain)

    def go_on(self, chains: "Mapping[str, ChainSpec]", thread: Mapping[str, str]) -> None:
        """Let threads that are there already go on in chains. thread: the ids of fixtures by their names."""
        for name, one in chains.items():
            if one.thread is not None and name in self.turns:
                self.threads.append((name, thread.get(one.thread, one.thread), one.after))

    def build(self, script: str, drift: Drift, turns: Sequence[Candidate]) -> Chains | None:
        """Return the chains; None without any. turns: all of the scenario."""
        return Chains(script, drift, turns, self) if self.turns else None


def message_of(when: "When | None") -> str | None:
    """Return the message that a turn asks for word for word, and by nothing else; None where it does not."""
    matcher = when.message if when is not None else None
    return matcher.equals if matcher is not None and matcher.model_fields_set == {"equals"} else None


def in_recorded_order(chains: Sequence[Chains]) -> tuple[Chains, ...]:
    """Return the chains of several scenarios as they were recorded; as they are where not all say when that was."""
    return tuple(sorted(chains, key=_recorded_at) if all(one.recorded_at for one in chains) else chains)


def _recorded_at(chains: Chains) -> str:
    return chains.recorded_at or ""
