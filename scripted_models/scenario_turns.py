"""The turns of a scenario as candidates: those that it holds itself, or those of a file, made when they are needed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, overload

from scripted_models import fixtures
from scripted_models.candidates import Candidate, Scope
from scripted_models.chains import ChainsBuilder
from scripted_models.reader import OF_LINE, Document
from scripted_models.recorded_contexts import Recorded
from scripted_models.scenario_player import Origin, ScenarioTurn
from scripted_models.scenarios import Scenario
from scripted_models.sources import ParsedScenario
from scripted_models.turn_file import TurnFile
from scripted_models.usage import usage


def make_scenario(parsed: ParsedScenario) -> Scenario:
    """Return the backend that plays a scenario."""
    spec, scanned = parsed.spec, parsed.scanned
    playable: dict[str, ScenarioTurn] = {}
    turns: Sequence[Candidate]
    if scanned is not None:
        files = fixtures.file_ids(parsed.name, spec.fixtures, parsed.source.assets)
        scenario = replace(parsed, scanned=None)  # what was gathered to build the chains need not stay
        turns = MadeWhenNeeded(len(scanned.file), partial(_of_file, scenario, files, scanned.file, scanned.named_again))
        chains, alone = scanned.chains, [turns[number] for number in scanned.alone]
        required = [turns[number] for number in scanned.required]
    else:
        turns, chains = _own(parsed, playable), ChainsBuilder()
        for number, turn in enumerate(turns):
            if turn.chain is not None:
                chains.add(number, turn.chain, turn.when)
        alone = [turn for turn in turns if turn.chain is None]
        required = [turn for turn in turns if turn.uses is not None and turn.uses.min]
    chains.go_on(spec.chains, fixtures.thread_ids(parsed.name, spec.fixtures))
    mode = "lenient" if spec.recording is None else spec.recording.mode
    chains.recorded_at = None if spec.recording is None else spec.recording.recorded_at
    built = chains.build(parsed.name, mode, turns)
    return Scenario(parsed.name, alone, playable, spec.unmatched, chains=built, turns=turns, required=required)


def _own(parsed: ParsedScenario, playable: dict[str, ScenarioTurn]) -> list[Candidate]:
    """Return the turns that a scenario holds itself. playable: gets them by their names."""
    candidates, files = [], fixtures.file_ids(parsed.name, parsed.spec.fixtures, parsed.source.assets)
    for number, spec in enumerate(parsed.spec.turns):
        name = spec.name or f"#{number + 1}"
        while name in playable:
            name += "~"
        origin = _origin(parsed, files, parsed.document, ("turns", number), name)
        turn = playable[name] = ScenarioTurn(spec, origin)
        candidates.append(_candidate(parsed, turn))
    return candidates


def _of_file(
    parsed: ParsedScenario, files: Mapping[str, str], file: TurnFile, named_again: Collection[int], number: int
) -> Candidate:
    document, spec = file.turn(number)
    name = spec.name or f"#{number + 1}"
    if number in named_again:
        name += f"~{file.line(number)}"
    return _candidate(parsed, ScenarioTurn(spec, _origin(parsed, files, document, OF_LINE, name)))


def _origin(
    parsed: ParsedScenario, files: Mapping[str, str], document: Document, path: tuple[str, int], name: str
) -> Origin:
    source, spec = parsed.source, parsed.spec
    return Origin(document, path, source.assets, spec.defaults.stream, source.params, files, name, spec.recording)


def _candidate(parsed: ParsedScenario, turn: ScenarioTurn) -> Candidate:
    spec, origin, scenario = turn.spec, turn.origin, parsed.spec
    given = None if spec.recorded is None else Recorded(spec.recorded, origin, parsed.document).drift
    return Candidate(
        name=origin.name,
        key=f"{parsed.name}/{origin.name}",
        scope=Scope(parsed.name, scenario.scope, tuple(scenario.states or ())),
        begin=turn.play,
        when=spec.when,
        priority=spec.priority,
        uses=spec.uses,
        usage=partial(usage, spec.usage, scenario.defaults.usage, spec.steps),
        file=parsed.document.name,
        place=partial(origin.document.place, origin.path),
        chain=spec.chain,
        recording=origin.mode,
        source=spec.source,
        given=given,
    )


class MadeWhenNeeded(Sequence[Any]):
    """A sequence of which each element is made anew whenever it is asked for."""

    def __init__(self, length: int, make: Callable[[int], Any]) -> None:
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, number: int) -> Any: ...
    @overload
    def __getitem__(self, number: slice) -> list[Any]: ...
    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            return [self._make(one) for one in range(*number.indices(self._length))]
        if not 0 <= number < self._length:
            raise IndexError(number)
        return self._make(number)


class OfTurns(Sequence[Any]):
    """What there is to say of each turn of some scenarios, one scenario behind the other. say: of a turn."""

    def __init__(self, scenarios: Sequence[Scenario], say: Callable[[Candidate], Any]) -> None:
        self._scenarios = scenarios
        self._say = say

    def __len__(self) -> int:
        return sum(len(one.turns) for one in self._scenarios)

    @overload
    def __getitem__(self, number: int) -> Any: ...
    @overload
    def __getitem__(self, number: slice) -> list[Any]: ...
    def __getitem__(self, number: int | slice) -> Any:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        for one in self._scenarios:
            if 0 <= number < len(one.turns):
                return self._say(one.turns[number])
            number -= len(one.turns)
        raise IndexError(number)

    def __iter__(self) -> Iterator[Any]:
        return (self._say(turn) for one in self._scenarios for turn in one.turns)


class Rows(OfTurns):
    """The rows of all turns of some scenarios, one scenario behind the other."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        super().__init__(scenarios, Candidate.row)
