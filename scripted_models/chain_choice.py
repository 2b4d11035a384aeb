"""Chooses the turn of a chain that answers a run: a thread takes a chain, stays in it, and plays it turn by turn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.actions import Fail
from emulator.domain.drift import Drift, DriftKind, short
from emulator.domain.ports import Turn
from emulator.domain.view import ModelView
from scripted_models.candidates import Candidate
from scripted_models.chains import Chains, Place, message_of
from scripted_models.likeness import likeness, plain
from scripted_models.matches import MatchResult, Miss
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime, SlowExpressionError

Line = Mapping[str, Any]
Tried = list[tuple[Candidate, MatchResult]]
_MOST_LEFT: Final = 100


@dataclass(frozen=True, slots=True)
class ChainChoice:
    """What chains say to a run. candidate: the turn that answers it, None: none does. result: how it compares.

    tried: turns that were near. remember, drift: as in `Turn`. is_final: no other turn may answer instead.
    failure: why the choice cannot be made.
    """

    candidate: Candidate | None = None
    result: MatchResult = field(default_factory=MatchResult)
    tried: Sequence[tuple[Candidate, MatchResult]] = ()
    remember: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drift: Sequence[Line] = ()
    is_final: bool = False
    failure: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the turn is the one that was recorded in this place."""
        return self.candidate is not None and not self.drift and self.failure is None

    def turn(self, view: ModelView) -> Turn:
        """Begin."""
        assert self.candidate is not None  # noqa: S101 - callers have asked
        if self.failure is not None:
            failure = Fail("server_error", self.failure)
            return Turn(actions=(action for action in (failure,)), name=self.candidate.name)
        return self.candidate.turn(view, self.result.captures, remember=self.remember, drift=self.drift)


NO_CHAIN: Final = ChainChoice()


def choose(chains: Sequence[Chains], view: ModelView, limit: SearchTime) -> ChainChoice:
    """Return what the chains of all scenarios of a namespace say to a run."""
    chooser = _Chooser(view, limit)
    try:
        for one in chains:
            if (place := one.place(view)) is not None:
                return _Threads(chooser, one, place).go_on()
        return _begin(chooser, chains)
    except _UndecidedError as undecided:
        return ChainChoice(undecided.candidate, failure=str(undecided))


def left(chains: Sequence[Chains], begun: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """Return the turns of begun chains that were not played, as lines of drift; the first hundred of them.

    begun: the rows of the kind `BEGUN`, by their keys.
    """
    by_script = {one.script: one for one in chains}
    lines: list[Line] = []
    for key, row in sorted(begun.items()):
        script, _, thread = key.partition("/")[2].rpartition("/")
        if (one := by_script.get(script)) is None or not (unplayed := one.unplayed(row)):
            continue
        chain = one.number(row["chain"])
        rest = len(unplayed) - 1
        more = f", nor {'was the next one' if rest == 1 else f'were the next {rest}'}" if rest else ""
        recorded = _nth(one, chain, unplayed[0])
        got = f"it was not played on {thread}{more}"
        lines.append(_line("order", one, recorded, got, one.turn(chain, unplayed[0])))
        if len(lines) == _MOST_LEFT:
            break
    return lines


class _UndecidedError(Exception):
    """Whether a turn fits takes too long to find out, so no later one may answer instead."""

    def __init__(self, candidate: Candidate, error: Exception) -> None:
        super().__init__(f"[emulator] turn {brief(candidate.name)}: {error}")
        self.candidate = candidate


class _Chooser:
    """Compares turns with one run."""

    def __init__(self, view: ModelView, limit: SearchTime) -> None:
        self.view = view
        self.tried: Tried = []
        self._limit = limit

    def compare(self, candidate: Candidate) -> MatchResult:
        try:
            result = candidate.match(self.view, self._limit)
        except SlowExpressionError as error:
            raise _UndecidedError(candidate, error) from None
        if result.misses:
            self.tried.append((candidate, result))
        return result


# --- threads that have a chain ----------------------------------------------------------------------------------------


class _Threads:
    """The next run of a thread that is in a chain."""

    def __init__(self, chooser: _Chooser, chains: Chains, place: Place) -> None:
        self._chooser = chooser
        self._view = chooser.view
        self._chains = chains
        self._chain, self._at = place.chain, place.position

    def go_on(self) -> ChainChoice:
        chains, at = self._chains, self._at
        size = chains.size(self._chain)
        expected = chains.turn(self._chain, at) if at < size else None
        result = self._chooser.compare(expected) if expected is not None else None
        if expected is not None and result is not None and not result.misses:
            return self._play(expected, result, at, ())
        if chains.is_strict:
            return ChainChoice(tried=self._tried(), drift=(self._extra(expected),), is_final=True)
        for position in chains.answering(self._chain, self._view.message, at + 1):
            candidate = chains.turn(self._chain, position)
            if position != at and not (other := self._chooser.compare(candidate)).misses:
                return self._play(candidate, other, position, (self._jump(position),))
        if expected is not None and result is not None and _is_similar(expected, result, self._view):
            return self._play(expected, result, at, (_message_line(chains, expected, self._view),))
        return ChainChoice(tried=self._tried(), drift=(self._extra(expected),))

    def _play(self, candidate: Candidate, result: MatchResult, position: int, drift: Sequence[Line]) -> ChainChoice:
        moved = self._chains.moved(self._view, self._chain, max(self._at, position + 1))
        return ChainChoice(candidate, result, remember=moved, drift=drift)

    def _tried(self) -> Tried:
        if self._at < self._chains.size(self._chain):
            return self._chooser.tried
        last = self._chains.turn(self._chain, self._chains.size(self._chain) - 1)
        miss = Miss("chain", self._end(), "another run")
        return [(last, MatchResult([miss])), *self._chooser.tried]

    def _jump(self, position: int) -> Line:
        recorded = self._end() if self._at >= self._chains.size(self._chain) else self._nth(self._at)
        between = position - self._at
        way = f"skips {_turns(between)}" if between > 0 else "comes earlier"
        got = f"{self._nth(position)} was played, which {way}"
        return _line("order", self._chains, recorded, got, self._chains.turn(self._chain, position))

    def _extra(self, expected: Candidate | None) -> Line:
        got = f"another run: {brief(self._view.message)}"
        recorded = self._end() if expected is None else self._nth(self._at)
        last = self._chains.turn(self._chain, self._chains.size(self._chain) - 1)
        return _line("order", self._chains, recorded, got, expected or last)

    def _nth(self, position: int) -> str:
        return _nth(self._chains, self._chain, position)

    def _end(self) -> str:
        size = self._chains.size(self._chain)
        return f"the end of the chain {brief(self._chains.names[self._chain])}, which has {_turns(size)}"


# --- threads that have none yet ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Beginning:
    """A beginning that fits a run, or nearly. drift: what is different."""

    chains: Chains
    number: int
    result: MatchResult
    drift: Sequence[Line] = ()

    def taken(self, view: ModelView) -> int:
        return self.chains.taken(self.number, view)

    def is_free(self, view: ModelView) -> bool:
        return self.taken(view) < self.chains.beginnings.size(self.number)

    def next(self, view: ModelView) -> int:
        """Return the chain that comes next: the first that is not taken, else the first of all."""
        return self.chains.beginnings.at(self.number, self.taken(view) if self.is_free(view) else 0)


def _begin(chooser: _Chooser, every: Sequence[Chains]) -> ChainChoice:
    """Let a thread take a chain. In lenient scenarios also one that is taken, or that begins nearly so."""
    view = chooser.view
    exact = [one for chains in every for one in _fitting(chooser, chains, chains.beginning_with(view.message))]
    other = [one for chains in every for one in _fitting(chooser, chains, chains.others)]
    ways: Sequence[Callable[[], Iterator[_Beginning]]] = (
        lambda: _free(exact, view),
        lambda: _free(other, view),
        lambda: _lenient(exact),
        lambda: _alike(chooser, every),
        lambda: _lenient(other),
    )
    for way in ways:
        if (found := next(way(), None)) is not None:
            return _take(found, view)
    tried: Tried = [(_first(one), MatchResult([_TAKEN])) for one in (*exact, *other)]
    for chains in every:
        for number in chains.nearby(view.message):
            chooser.compare(chains.first(number))
    return ChainChoice(tried=[*tried, *chooser.tried])


_TAKEN: Final = Miss("chain", "one that no thread has taken", "its chain was taken by another thread")


def _first(one: _Beginning) -> Candidate:
    return one.chains.first(one.number)


def _fitting(chooser: _Chooser, chains: Chains, numbers: Sequence[int]) -> Iterator[_Beginning]:
    for number in numbers:
        result = chooser.compare(chains.first(number))
        if not result.misses:
            yield _Beginning(chains, number, result)


def _free(found: Sequence[_Beginning], view: ModelView) -> Iterator[_Beginning]:
    """Yield the beginning whose next chain was recorded first, of the first scenario that has any."""
    free = [one for one in found if one.is_free(view)]
    yield from sorted((one for one in free if one.chains is free[0].chains), key=lambda one: one.next(view))


def _lenient(found: Sequence[_Beginning]) -> Iterator[_Beginning]:
    return (one for one in found if not one.chains.is_strict)


def _alike(chooser: _Chooser, every: Sequence[Chains]) -> Iterator[_Beginning]:
    """Yield the beginnings whose message is like that of the run: those that are free first, then the most alike."""
    found = []
    for chains in every:
        for number in () if chains.is_strict else chains.similar(chooser.view.message):
            candidate = chains.first(number)
            result = chooser.compare(candidate)
            if _only_message(result):
                line = _message_line(chains, candidate, chooser.view)
                found.append(_Beginning(chains, number, result, (line,)))
    yield from sorted(found, key=lambda one: not one.is_free(chooser.view))


def _take(found: _Beginning, view: ModelView) -> ChainChoice:
    chains, chain, is_free = found.chains, found.next(view), found.is_free(view)
    candidate = chains.turn(chain, 0)
    remember: dict[str, Mapping[str, Any]] = dict(chains.moved(view, chain, 1))
    if is_free:
        remember[chains.key(found.number)] = {"taken": found.taken(view) + 1}
    drift = list(found.drift)
    if not is_free:
        size = chains.beginnings.size(found.number)
        begun = "one thread that begins" if size == 1 else f"{size} threads that begin"
        drift.append(_line("order", chains, f"{begun} so", f"one more: {_nth(chains, chain, 0)} again", candidate))
    return ChainChoice(candidate, found.result, remember=remember, drift=drift)


# --- drift ------------------------------------------------------------------------------------------------------------


def _turns(number: int) -> str:
    return f"{number} turn{'' if number == 1 else 's'}"


def _only_message(result: MatchResult) -> bool:
    return [miss.field for miss in result.misses] == ["message"]


def _is_similar(candidate: Candidate, result: MatchResult, view: ModelView) -> bool:
    recorded = message_of(candidate.when)
    if recorded is None or view.message is None or not _only_message(result):
        return False
    return likeness(plain(recorded), plain(view.message)) > 0


def _message_line(chains: Chains, candidate: Candidate, view: ModelView) -> Line:
    return _line("message", chains, message_of(candidate.when) or "", view.message or "", candidate)


def _nth(chains: Chains, chain: int, position: int) -> str:
    name = chains.turn(chain, position).name
    return f"turn {position + 1} of the chain {brief(chains.names[chain])} ({name})"


def _line(kind: DriftKind, chains: Chains, recorded: str, got: str, candidate: Candidate) -> Line:
    place, source = str(candidate.place() or ""), candidate.source
    about: dict[str, Any] = {"turn": candidate.name, "place": place, "source": source, "strict": chains.is_strict}
    return Drift(kind, "$", *short(recorded, got), **about).to_json()
